(() => {
const form = document.querySelector("form"), input = document.getElementById("image");
if (!form) return;
const status = form.querySelector("[role=status]"), button = form.querySelector("button"), words = button.textContent;
for (const item of document.querySelectorAll(".js")) item.hidden = false;
const send = files => {
  const photos = new DataTransfer();
  for (const file of files) if (file.type.startsWith("image/")) photos.items.add(file);
  if (!photos.files.length) { status.textContent = "That is no photo."; return; }
  input.files = photos.files;
  form.requestSubmit();
};
addEventListener("paste", event => { if (event.clipboardData.files.length) send(event.clipboardData.files); });
addEventListener("dragover", event => { event.preventDefault(); document.body.classList.add("over"); });
addEventListener("dragleave", event => { if (!event.relatedTarget) document.body.classList.remove("over"); });
addEventListener("drop", event => { event.preventDefault(); document.body.classList.remove("over"); send(event.dataTransfer.files); });
document.getElementById("camera").addEventListener("change", event => { if (event.target.files.length) form.requestSubmit(); });
form.addEventListener("submit", event => {
  const sizes = [...form.querySelectorAll("[type=file]")].flatMap(item => [...item.files]).map(file => file.size);
  const sum = sizes.reduce((all, size) => all + size, 0), limit = form.dataset.limit;
  if (sum > limit) {
    event.preventDefault();
    status.textContent = `${sizes.length > 1 ? "Together these photos have" : "This photo has"} ${(sum / 1048576).toFixed(1)} MB, and ${Math.round(limit / 1048576)} MB can be sent at once. Choose fewer or smaller ones.`;
    return;
  }
  button.setAttribute("aria-disabled", "true"); button.textContent = "Looking …"; status.textContent = "The answer comes in a moment."; });
addEventListener("pageshow", () => { button.removeAttribute("aria-disabled"); button.textContent = words; status.textContent = ""; });
})();