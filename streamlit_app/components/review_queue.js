// Shows the first of the photos it holds; a decision shows the next one at once and is sent to be saved meanwhile.
// One message is under way at a time, since the next one would stop the server while it answers the last; what is
// not acknowledged is sent again, so that nothing is lost on the way.
const RETRY = 5000;
const states = new WeakMap();
const OWN = { keep: "Keep", exclude: "Exclude", skip: "Skip", undo: "Undo" };

const make = (kind, content = "", tag = "div") => {
  const element = document.createElement(tag);
  element.className = kind;
  element.textContent = content;
  return element;
};

const picture = (kind, source, alt) => {
  const image = make(kind, "", "img");
  image.alt = alt;
  image.src = source;
  return image;
};

function begin(root) {
  return {
    root, client: Math.random().toString(36).slice(2), number: 0, attempt: 0,
    pending: [], flying: false, sentUpTo: 0, saved: 0, past: [], decided: new Set(), known: new Map(), line: [], problem: "", shown: null,
  };
}

function receive(state, data) {
  state.data = data;
  state.colors = Object.fromEntries(data.classes.map((item) => [item.name, item.color]));
  if (data.client === state.client) {
    const before = state.pending.length;
    for (const failure of data.failed) {
      const entry = state.pending.find((item) => item.number === failure.number);
      if (!entry) continue;
      state.problem = failure.message;
      state.decided.delete(entry.twin);
      state.past = state.past.filter((item) => item.number !== entry.number);
      state.saved -= 1;
    }
    state.pending = state.pending.filter((item) => item.number > data.acknowledged);
    state.saved += before - state.pending.length;
  }
  for (const item of data.items) {
    if (item.source || !state.known.has(item.id)) state.known.set(item.id, item);
  }
  state.line = data.items.map((item) => state.known.get(item.id));
  for (const { action, path, twin } of state.pending) {  // taken back, and the answer does not know it yet
    const item = state.known.get(path);
    if (action === "undo" && !state.decided.has(twin)) state.line = [item, ...state.line.filter((other) => other !== item)];
  }
  for (const item of state.line.slice(0, 3)) if (item.source) warm(item.source);
  const waiting = new Set(state.pending.map((item) => item.twin));
  const listed = new Set(data.items.map((item) => item.twin));
  for (const twin of [...state.decided]) {  // taken back elsewhere, or ranked anew: it may come again
    if (!waiting.has(twin) && listed.has(twin) && data.client === state.client) state.decided.delete(twin);
  }
  if (data.client === state.client && data.acknowledged >= state.sentUpTo) {
    state.flying = false;
    clearTimeout(state.retry);
  }
  // Items without a picture: the server believes that we have it, and we do not.
  if (state.pending.length || state.line.some((item) => !item.source)) send(state);
}

function warm(source) {
  const image = new Image();
  image.src = source;
  image.decode?.().catch(() => {});
}

function send(state, again = false) {
  if (state.flying && !again) return;
  clearTimeout(state.retry);
  state.flying = true;
  state.sentUpTo = state.number;
  state.attempt += 1;
  state.setStateValue("sent", {
    client: state.client, attempt: state.attempt, have: state.line.filter((item) => item.source).map((item) => item.id),
    entries: state.pending.map(({ number, path, action, label }) => ({ number, path, action, label })),
  });
  state.retry = setTimeout(() => send(state, true), RETRY);
}

const current = (state) => state.line.find((item) => item.source && !state.decided.has(item.twin));

function decide(state, action, label = "") {
  let entry;
  state.problem = "";
  if (action === "undo") {
    const last = state.past.pop();
    if (!last) return;
    entry = { ...last, action: "undo", label: "" };
    state.decided.delete(last.twin);
    const item = state.known.get(last.path);
    state.line = [item, ...state.line.filter((other) => other !== item)];
  } else {
    const item = current(state);
    if (!item) return;
    entry = { path: item.id, twin: item.twin, action, label };
    state.decided.add(item.twin);
  }
  entry.number = ++state.number;
  if (action !== "undo") state.past.push(entry);
  state.pending.push(entry);
  for (const id of [...state.known.keys()].slice(0, -60)) {
    if (!state.line.some((item) => item.id === id)) state.known.delete(id);
  }
  show(state);
  send(state);
}

function chip(state, name, kind) {
  const element = make(`chip ${kind}`, name, "span");
  element.style.setProperty("--class-color", state.colors[name] ?? "var(--st-border-color)");
  return element;
}

function labels(state, item) {
  const parts = [make("small", "current label", "span"), chip(state, item.given, "given")];
  if (item.advice === "exclude") parts.push(make("arrow", "→", "span"), make("chip out", "exclude?", "span"));
  else if (item.suggested && item.suggested !== item.given) {
    parts.push(make("arrow", "→", "span"), chip(state, item.suggested, "suggested"), make("small", "suggestion", "span"));
  }
  if (item.split === "test") parts.push(make("chip test", "test photo", "span"));
  return parts;
}

function bars(state, item) {
  return item.bars.map((bar) => {
    const row = make("bar");
    const track = make("track");
    const fill = make("fill");
    fill.style.width = `${100 * bar.value}%`;
    fill.style.setProperty("--class-color", state.colors[bar.name] ?? "var(--st-text-color)");
    track.appendChild(fill);
    row.append(make("name", bar.name, "span"), track, make("value", bar.text, "span"));
    return row;
  });
}

function figures(state, place, list) {
  place.hidden = !list.length;
  place.querySelector(".row").replaceChildren(...list.map((one) => {
    const figure = make("figure", "", one.id ? "button" : "div");
    if (one.id) {
      figure.type = "button";
      figure.setAttribute("aria-label", `Open ${one.note}`);
      figure.onclick = () => state.open(one.id);
    }
    figure.style.setProperty("--class-color", state.colors[one.label] ?? "transparent");
    const words = make("label", one.label);
    words.title = one.note;
    figure.append(one.source ? picture("", one.source, one.note) : make("blank", "No picture"), words);
    return figure;
  }));
}

function show(state) {
  const find = (kind) => state.root.querySelector(kind);
  const item = current(state);
  if (item !== state.shown) {
    state.shown = item;
    const image = find(".large");
    find(".review").classList.toggle("over", !item);
    if (item) {
      image.src = item.source;
      image.alt = `Photo labelled ${item.given}: ${item.reason}`;
      find(".labels").replaceChildren(...labels(state, item));
      find(".reason").textContent = item.reason;
      find(".bars").replaceChildren(...bars(state, item));
      figures(state, find(".heats"), item.heats);
      figures(state, find(".near"), item.near);
      find(".path").textContent = item.id;
      find(".stage").dataset.photo = item.id;
      const following = state.line[state.line.indexOf(item) + 1];
      if (following?.source) warm(following.source);
    } else {
      image.removeAttribute("src");
      delete find(".stage").dataset.photo;
    }
  }
  if (!item) find(".rest").textContent = state.data.left > state.decided.size ? "The next photos are on their way…" : state.data.over;
  for (const button of state.buttons) {
    button.disabled = button.action === "undo" ? !state.past.length : !item;
    const advised = item && (button.action === "relabel" ? item.advice === "relabel" && button.label === item.suggested
      : button.action === item.advice);
    button.classList.toggle("advised", Boolean(advised));
  }
  const status = find(".status");
  status.classList.toggle("problem", Boolean(state.problem));
  status.dataset.saved = state.saved;
  status.dataset.pending = state.pending.length;
  if (state.problem) status.textContent = state.problem;
  else if (state.pending.length) status.textContent = "Saving…";
  else status.textContent = state.saved ? "✓ Saved" : "";
}

function button(state, action, text, keys, label = "") {
  const element = make(`button ${action}`, "", "button");
  element.type = "button";
  Object.assign(element, { action, label });
  element.append(make("text", text, "span"));
  element.append(...keys.map((key) => make("", key.toUpperCase(), "kbd")));
  element.setAttribute("aria-keyshortcuts", keys.join(" "));
  if (label) element.style.setProperty("--class-color", state.colors[label]);
  element.onclick = () => decide(state, action, label);
  for (const key of keys) state.keys.set(key, element);
  return element;
}

function buttons(state, data) {
  state.keys = new Map();
  state.buttons = [
    ...data.classes.map((item) => button(state, "relabel", item.name, item.keys, item.name)),
    ...Object.keys(OWN).map((action) => button(state, action, OWN[action], [data.keys[action]])),
  ];
  const places = state.root.querySelector(".buttons");
  places.replaceChildren(...state.buttons);
}

function isTyping(event) {
  const inside = event.composedPath()[0];
  return inside.isContentEditable || /^(input|textarea|select)$/i.test(inside.tagName ?? "")
    || document.querySelector("[role=dialog], [data-testid=stPopoverBody]");
}

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  if (!states.has(parentElement)) states.set(parentElement, begin(parentElement));
  const state = states.get(parentElement);
  state.setStateValue = setStateValue;
  state.open = (id) => setTriggerValue("opened", id);
  parentElement.querySelector(".open").onclick = () => { if (current(state)) state.open(current(state).id); };
  receive(state, data);
  const made = JSON.stringify([data.classes, data.keys]);
  if (made !== state.made) {
    buttons(state, data);
    state.made = made;
  }
  show(state);
  state.listening?.abort();
  const listening = (state.listening = new AbortController());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event)) return;
    const target = state.keys.get(event.key.toLowerCase());
    if (!target || target.disabled || !state.root.querySelector(".review").checkVisibility?.()) return;
    event.preventDefault();
    event.stopPropagation();
    target.click();
  }, { signal: listening.signal, capture: true });
  return () => listening.abort();
}
