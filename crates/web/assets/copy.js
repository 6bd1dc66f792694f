// A button that copies the text of a field beside it. Without scripts the field can be selected and copied by hand.
export function copies() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
  }
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    const field = button && document.getElementById(button.dataset.copy);
    if (!field) return;
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = "Copied";
    } catch {
      // Not allowed to write: it is selected, so that the keyboard can.
    }
  });
}
