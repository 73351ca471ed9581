// Photos to select, and buttons that decide about all that are selected. Shift and a click select a range.
const states = new WeakMap();

const make = (kind, content = "", tag = "div") => {
  const element = document.createElement(tag);
  element.className = kind;
  element.textContent = content;
  return element;
};

function show(state) {
  const { root, data, selected } = state;
  root.querySelectorAll(".photo").forEach((element) => {
    element.setAttribute("aria-pressed", String(selected.has(element.dataset.id)));
  });
  const every = data.photos.length > 0 && selected.size === data.photos.length;
  root.querySelector(".all").textContent = every ? "Select none" : "Select all";
  root.querySelector(".count").textContent = selected.size ? `${selected.size} selected` : "Click selects, double-click opens";
  root.querySelectorAll(".decide").forEach((element) => { element.disabled = !selected.size; });
}

function toggle(state, place, event) {
  const ids = state.data.photos.map((photo) => photo.id);
  const [from, to] = event.shiftKey && state.last != null ? [state.last, place].sort((a, b) => a - b) : [place, place];
  const on = !state.selected.has(ids[place]);
  for (const id of ids.slice(from, to + 1)) on ? state.selected.add(id) : state.selected.delete(id);
  state.last = place;
  show(state);
}

function tile(state, photo, place) {
  const element = make("photo", "", "button");
  element.type = "button";
  element.dataset.id = photo.id;
  element.setAttribute("aria-label", photo.alt);
  if (photo.color) element.style.setProperty("--class-color", photo.color);
  if (photo.source) {
    const image = make("", "", "img");
    image.alt = "";
    image.decoding = "async";
    image.src = photo.source;
    element.append(image);
  } else element.append(make("blank", "No picture"));
  const words = make("words");
  const title = make("title", photo.title);
  const note = make(photo.warn ? "note warn" : "note", photo.note);
  note.title = photo.note;
  words.append(title, note);
  element.append(words, make("tick", "✓"));
  element.onclick = (event) => toggle(state, place, event);
  element.ondblclick = () => state.open(photo.id);
  element.setAttribute("aria-keyshortcuts", "o");
  element.onkeydown = (event) => { if (event.key === "o") state.open(photo.id); };
  return element;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const state = states.get(parentElement) ?? { root: parentElement, selected: new Set(), last: null };
  states.set(parentElement, state);
  state.data = data;
  state.open = (id) => setTriggerValue("opened", id);
  const ids = new Set(data.photos.map((photo) => photo.id));
  state.selected = new Set([...state.selected].filter((id) => ids.has(id)));
  parentElement.querySelector(".grid").style.setProperty("--columns", data.columns);
  parentElement.querySelector(".grid").replaceChildren(...data.photos.map((photo, place) => tile(state, photo, place)));
  parentElement.querySelector(".buttons").replaceChildren(...data.actions.map((action) => {
    const element = make(`button decide ${action.action}`, action.text, "button");
    element.type = "button";
    if (action.color) element.style.setProperty("--class-color", action.color);
    element.onclick = () => {
      const chosen = data.photos.map((photo) => photo.id).filter((id) => state.selected.has(id));
      state.selected.clear();
      show(state);
      setTriggerValue("decided", { paths: chosen, action: action.action, label: action.label });
    };
    return element;
  }));
  parentElement.querySelector(".all").onclick = () => {
    const every = state.selected.size === data.photos.length;
    state.selected = new Set(every ? [] : ids);
    show(state);
  };
  show(state);
}
