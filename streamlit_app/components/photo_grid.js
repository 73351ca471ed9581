// Draws the photos it is given as buttons; a click sends the photo's id back. All text goes in as text.
let waiting = null;

// A click may open a dialog. When it closes, the photo has the focus again: the buttons were drawn anew meanwhile, and
// Streamlit looks for them outside of the shadow root only.
function returnFocus(grid, id) {
  waiting?.disconnect();
  let wasOpen = false;
  const observer = waiting = new MutationObserver(() => {
    const isOpen = document.querySelector("[role=dialog]") !== null;
    if (wasOpen && !isOpen) {
      observer.disconnect();
      setTimeout(() => {
        if (document.activeElement !== document.body) return;  // a person has gone elsewhere
        [...grid.children].find((button) => button.photo === id)?.focus();
      }, 100);
    }
    wasOpen ||= isOpen;
  });
  observer.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => { if (!wasOpen) observer.disconnect(); }, 10_000);
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const grid = parentElement.querySelector(".grid");
  grid.style.setProperty("--columns", data.columns);

  const text = (parent, kind, content) => {
    if (!content) return null;
    const element = document.createElement("div");
    element.className = kind;
    element.textContent = content;
    element.title = content;
    parent.appendChild(element);
    return element;
  };

  grid.replaceChildren(...data.photos.map((photo) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "photo";
    button.setAttribute("aria-label", photo.alt);
    if (photo.color) button.style.setProperty("--class-color", photo.color);
    if (photo.source) {
      const image = document.createElement("img");
      image.alt = "";
      image.decoding = "async";
      image.src = photo.source;
      button.appendChild(image);
    } else {
      text(button, "blank", "No picture");
    }
    const words = document.createElement("div");
    words.className = "words";
    text(words, "title", photo.title);
    text(words, photo.warn ? "note warn" : "note", photo.note);
    button.appendChild(words);
    button.photo = photo.id;
    button.onclick = () => {
      returnFocus(grid, photo.id);
      setTriggerValue("clicked", photo.id);
    };
    return button;
  }));
}
