// A slider beside each field for a percentage, and what the shares add up to. The fields alone do as well.
export function sliders() {
  for (const slider of document.querySelectorAll("input[type=range][data-of]")) {
    const field = document.getElementById(slider.dataset.of);
    slider.hidden = false;
    slider.value = Number(field.value.replace(",", ".")) || 0;
    slider.addEventListener("input", () => { field.value = slider.value; total(field.form); });
    field.addEventListener("input", () => { slider.value = Number(field.value.replace(",", ".")) || 0; total(field.form); });
    total(field.form);
  }
}

function total(form) {
  const out = form.querySelector("[data-total]");
  if (!out) return;
  const shares = [...form.querySelectorAll("input[data-share]")].map((f) => Number(f.value.replace(",", ".")) || 0);
  const sum = Math.round(shares.reduce((a, b) => a + b, 0) * 100) / 100;
  out.textContent = `Channels' shares add up to ${sum} %` + (sum > 100 ? ": lower one of them." : ".");
  out.classList.toggle("problem", sum > 100);
}
