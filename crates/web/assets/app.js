// Refines pages that work without it: live figures, regions that follow the server, the theme switch.
import { copies } from "./copy.js";
import { follow } from "./live.js";
import { sliders } from "./sliders.js";
import { themes } from "./theme.js";

if (document.body.classList.contains("hub")) {
  follow();
}
sliders();
copies();
themes();
