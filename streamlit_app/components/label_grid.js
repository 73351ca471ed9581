// Photos to label by key: what is answered leaves the grid at once, the next ones are in the browser already. An answer
// counts as saved when the server says that it is on disk; what is not acknowledged is sent again.
const RETRY = 5000;
const states = new WeakMap();

const make = (kind, content = "", tag = "div") => {
  const element = document.createElement(tag);
  element.className = kind;
  element.textContent = content;
  return element;
};

function begin(root) {
  return {
    root, client: Math.random().toString(36).slice(2), number: 0, attempt: 0, pending: [], flying: false, sentUpTo: 0, saved: 0,
    past: [], answered: new Set(), known: new Map(), line: [], selected: new Set(), focus: 0, last: null, problem: "", picked: 0,
  };
}

const shown = (state) => state.line.filter((item) => item.source && !state.answered.has(item.id)).slice(0, state.data.size);

function receive(state, data) {
  state.data = data;
  if (data.client === state.client) {
    for (const failure of data.failed) {
      const entry = state.pending.find((item) => item.number === failure.number);
      if (!entry) continue;
      state.problem = failure.message;
      for (const id of entry.paths) state.answered.delete(id);
      state.past = state.past.map((step) => step.filter((item) => item.number !== entry.number)).filter((step) => step.length);
      entry.failed = true;
    }
    for (const entry of state.pending) {
      if (entry.number <= data.acknowledged && !entry.failed) state.saved += (entry.action === "undo" ? -1 : 1) * entry.paths.length;
    }
    state.pending = state.pending.filter((item) => item.number > data.acknowledged);
  }
  for (const item of data.photos) {
    const before = state.known.get(item.id);
    state.known.set(item.id, item.source ? item : { ...item, source: before?.source ?? "" });
  }
  state.line = data.photos.map((item) => state.known.get(item.id));
  for (const item of state.line) if (item.source) new Image().src = item.source;
  const waiting = new Set(state.pending.flatMap((item) => item.paths));
  const listed = new Set(data.photos.map((item) => item.id));
  for (const id of [...state.answered]) {  // taken back elsewhere: it may come again
    if (!waiting.has(id) && listed.has(id) && data.client === state.client) state.answered.delete(id);
  }
  if (data.picked !== state.picked) {  // look-alikes of the selection have come
    state.picked = data.picked;
    state.selected = new Set(data.selected);
    state.focus = 0;
  }
  if (data.client === state.client && data.acknowledged >= state.sentUpTo) {
    state.flying = false;
    clearTimeout(state.retry);
  }
  if (state.pending.length || state.line.some((item) => !item.source)) send(state);
}

function send(state, again = false, more = {}) {
  if (state.flying && !again) return;
  clearTimeout(state.retry);
  state.flying = true;
  state.sentUpTo = state.number;
  state.attempt += 1;
  state.setStateValue("sent", {
    client: state.client, attempt: state.attempt, have: state.line.filter((item) => item.source).map((item) => item.id),
    entries: state.pending.map(({ number, paths, action, label, note }) => ({ number, paths, action, label, note })), ...more,
  });
  state.retry = setTimeout(() => send(state, true), RETRY);
}

const targets = (state) => {
  const items = shown(state), chosen = items.filter((item) => state.selected.has(item.id));
  return chosen.length ? chosen : items.slice(state.focus, state.focus + 1);
};

function answer(state, entries) {
  state.problem = "";
  const step = entries.filter((entry) => entry.paths.length).map((entry) => ({ ...entry, number: ++state.number }));
  if (!step.length) return;
  for (const entry of step) for (const id of entry.paths) state.answered.add(id);
  state.past.push(step);
  state.pending.push(...step);
  state.selected.clear();
  state.last = null;
  show(state);
  send(state);
}

function undo(state) {
  const step = state.past.pop();
  if (!step) return;
  for (const { paths } of step) {
    state.pending.push({ number: ++state.number, paths, action: "undo", label: "", note: "" });
    for (const id of paths) state.answered.delete(id);
    const back = paths.map((id) => state.known.get(id)).filter(Boolean);
    state.line = [...back, ...state.line.filter((item) => !paths.includes(item.id))];
  }
  state.focus = 0;
  show(state);
  send(state);
}

function accept(state) {  // of the selected photos, else of all that are shown
  const items = shown(state), chosen = items.filter((item) => state.selected.has(item.id)), names = new Map();
  for (const item of chosen.length ? chosen : items) {
    if (item.suggested) names.set(item.suggested, [...(names.get(item.suggested) ?? []), item.id]);
  }
  answer(state, [...names].map(([label, paths]) => ({ paths, action: "relabel", label, note: "" })));
}

function move(state, step, isRange) {
  const items = shown(state);
  const from = state.focus;
  state.focus = Math.max(0, Math.min(items.length - 1, from + step));
  if (isRange) for (let at = Math.min(from, state.focus); at <= Math.max(from, state.focus); at += 1) state.selected.add(items[at].id);
  show(state);
}

function selectRow(state) {
  const items = shown(state), columns = columnsOf(state), start = state.focus - (state.focus % columns);
  items.slice(start, start + columns).forEach((item) => state.selected.add(item.id));
  show(state);
}

const columnsOf = (state) => getComputedStyle(state.root.querySelector(".grid")).gridTemplateColumns.split(" ").length;

function toggle(state, place, event) {
  const items = shown(state), on = !state.selected.has(items[place].id);
  const [from, to] = event.shiftKey && state.last != null ? [state.last, place].sort((a, b) => a - b) : [place, place];
  for (const item of items.slice(from, to + 1)) on ? state.selected.add(item.id) : state.selected.delete(item.id);
  state.last = state.focus = place;
  show(state);
}

function tile(state, item, place) {
  const element = make(item.suggested ? "photo suggested" : "photo", "", "button");
  element.type = "button";
  element.tabIndex = -1;
  element.dataset.id = item.id;
  element.dataset.focus = String(place === state.focus);
  element.setAttribute("aria-label", item.alt);
  element.setAttribute("aria-pressed", String(state.selected.has(item.id)));
  if (item.color) element.style.setProperty("--class-color", item.color);
  const image = make("", "", "img");
  image.alt = "";
  image.src = item.source;
  const words = make("words");
  words.append(make("title", item.title), make("note", item.note));
  element.append(image, words, make("tick", "✓"));
  element.onclick = (event) => toggle(state, place, event);
  element.ondblclick = () => state.open(item.id);
  return element;
}

function show(state) {
  const find = (kind) => state.root.querySelector(kind);
  const items = shown(state);
  state.focus = Math.max(0, Math.min(state.focus, items.length - 1));
  find(".grid").style.setProperty("--columns", state.data.columns);
  find(".grid").replaceChildren(...items.map((item, place) => tile(state, item, place)));
  find(".rest").textContent = items.length ? "" : state.data.left > state.answered.size ? "The next photos are on their way…" : state.data.over;
  for (const { element, isOff } of state.buttons) element.disabled = isOff(items);
  const status = find(".status");
  status.classList.toggle("problem", Boolean(state.problem));
  Object.assign(status.dataset, { saved: state.saved, pending: state.pending.length, shown: items.length });
  const chosen = items.filter((item) => state.selected.has(item.id)).length;
  const saved = state.pending.length ? "Saving…" : state.saved ? `✓ ${state.saved} saved` : "";
  status.textContent = state.problem || [chosen ? `${chosen} selected` : "", saved].filter(Boolean).join(" · ");
}

function actions(state) {
  const give = (action, label = "", note = "") => () => answer(state, [{ paths: targets(state).map((item) => item.id), action, label, note }]);
  const none = (items) => !items.length;
  const extend = () => {
    const ids = targets(state).map((item) => item.id);
    if (ids.length) send(state, true, { extend: ids });
  };
  return [
    ...state.data.classes.map(({ name, color, key }) => ({ text: name, key, color, kind: "relabel", run: give("relabel", name), isOff: none })),
    { text: "Not the subject", key: "x", run: give("exclude", "", "not the subject"), isOff: none },
    { text: "Cannot tell", key: "c", run: give("exclude", "", "cannot tell"), isOff: none },
    { text: "Accept suggestions", key: "y", run: () => accept(state), isOff: (items) => !items.some((item) => item.suggested) },
    { text: "Add look-alikes", key: "e", run: extend, isOff: none },
    { text: "Undo", key: "u", run: () => undo(state), isOff: () => !state.past.length },
  ];
}

function draw(state) {
  state.keys = new Map();
  state.buttons = actions(state).map(({ text, key, color, kind = "", run, isOff }) => {
    const element = make(`button ${kind}`, text, "button");
    element.type = "button";
    if (key) element.append(make("", key.toUpperCase(), "kbd"));
    if (key) element.setAttribute("aria-keyshortcuts", key);
    if (color) element.style.setProperty("--class-color", color);
    element.onclick = run;
    if (key) state.keys.set(key, () => element.click());
    return { element, isOff };
  });
  const open = () => targets(state).slice(0, 1).forEach((item) => state.open(item.id));
  for (const [key, run] of Object.entries({ r: () => selectRow(state), " ": open, a: () => {
    const items = shown(state), every = items.every((item) => state.selected.has(item.id));
    state.selected = new Set(every ? [] : items.map((item) => item.id));
    show(state);
  } })) state.keys.set(key, run);
  state.root.querySelector(".buttons").replaceChildren(...state.buttons.map(({ element }) => element));
  state.root.querySelector(".hint").textContent = "Keys: arrows move, Shift with arrows selects, R a row, A all, Space enlarges, Esc clears. Without a selection a key answers the framed photo.";
}

function isTyping(event) {
  const inside = event.composedPath()[0];
  return inside.isContentEditable || /^(input|textarea|select)$/i.test(inside.tagName ?? "")
    || document.querySelector("[role=dialog], [data-testid=stPopoverBody]");
}

function press(state, event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (!state.root.querySelector(".label").checkVisibility?.()) return;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columnsOf(state), ArrowDown: columnsOf(state) };
  const run = state.keys.get(event.key.toLowerCase());
  if (event.key in steps) move(state, steps[event.key], event.shiftKey);
  else if (event.key === "Escape") { state.selected.clear(); show(state); }
  else if (run && !event.repeat) run();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  if (!states.has(parentElement)) states.set(parentElement, begin(parentElement));
  const state = states.get(parentElement);
  state.setStateValue = setStateValue;
  state.open = (id) => setTriggerValue("opened", id);
  receive(state, data);
  const made = JSON.stringify(data.classes);
  if (made !== state.made) draw(state);
  state.made = made;
  show(state);
  state.listening?.abort();
  const listening = (state.listening = new AbortController());
  document.addEventListener("keydown", (event) => press(state, event), { signal: listening.signal, capture: true });
  return () => listening.abort();
}
