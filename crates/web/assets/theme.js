// The theme switch without reloading; the server keeps the choice in a cookie either way.
export function themes() {
  const form = document.querySelector("[data-theme-form]");
  if (!form) return;
  const offer = (theme) => {
    const button = form.querySelector("button");
    button.value = theme;
    button.querySelector("span").textContent = theme === "dark" ? "Dark" : "Light";
  };
  // Without a choice the system's applies, which the server cannot know.
  if (document.documentElement.dataset.theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches) {
    offer("light");
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const theme = button.value;
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => form.submit());
    document.documentElement.dataset.theme = theme;
    offer(theme === "dark" ? "light" : "dark");
  });
}
