// The theme switch without reloading; the server keeps the choice in a cookie either way.
export function themes() {
  const form = document.querySelector("[data-theme-form]");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const theme = button.value;
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", theme);
    fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => form.submit());
    document.documentElement.dataset.theme = theme;
    button.value = theme === "dark" ? "light" : "dark";
    button.querySelector("span").textContent = theme === "dark" ? "Light" : "Dark";
  });
}
