// Boxes on a photo, in shares of its sides. They are drawn here at once; the server hears of a box when it rests.
const LEAST = 0.02;
const STEP = 0.02;
const REST = 350;
const states = new WeakMap();

const clamp = (value, low = 0, high = 1) => Math.min(high, Math.max(low, value));

function send(state, wait = 0) {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => {
    const boxes = state.boxes.map((box) => box.map((value) => Math.round(value * 1e4) / 1e4));
    state.setStateValue("drawn", { version: state.version, boxes });
  }, wait);
}

function place(element, [left, top, right, bottom]) {
  element.style.left = `${100 * left}%`;
  element.style.top = `${100 * top}%`;
  element.style.width = `${100 * (right - left)}%`;
  element.style.height = `${100 * (bottom - top)}%`;
}

function draw(state, focus = -1) {
  const stage = state.root.querySelector(".stage");
  stage.querySelectorAll(".box").forEach((element) => element.remove());
  state.boxes.forEach((box, index) => {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "box";
    element.setAttribute("aria-label", `Hidden part ${index + 1}: arrow keys move it, with Shift they size it, Delete shows it again`);
    place(element, box);
    element.onkeydown = (event) => press(state, index, event);
    element.onpointerdown = (event) => drag(state, event, index);
    stage.append(element);
    if (index === focus) element.focus();
  });
  state.root.querySelector(".undo").disabled = state.root.querySelector(".clear").disabled = !state.boxes.length;
  state.root.querySelector(".add").disabled = state.boxes.length >= state.most;
}

function moved([left, top, right, bottom], x, y) {
  const across = clamp(x, -left, 1 - right), down = clamp(y, -top, 1 - bottom);
  return [left + across, top + down, right + across, bottom + down];
}

function press(state, index, event) {
  const way = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
  const box = state.boxes[index];
  if (event.key === "Delete" || event.key === "Backspace") {
    state.boxes = state.boxes.filter((_, other) => other !== index);
    draw(state, Math.min(index, state.boxes.length - 1));
  } else if (way && event.shiftKey) {
    state.boxes[index] = [box[0], box[1], clamp(box[2] + way[0], box[0] + LEAST), clamp(box[3] + way[1], box[1] + LEAST)];
    draw(state, index);
  } else if (way) {
    state.boxes[index] = moved(box, ...way);
    draw(state, index);
  } else return;
  event.preventDefault();
  event.stopPropagation();
  send(state, REST);
}

function drag(state, event, index = -1) {
  if (event.button || (index < 0 && state.boxes.length >= state.most)) return;
  event.preventDefault();
  event.stopPropagation();
  const stage = state.root.querySelector(".stage");
  const edges = stage.getBoundingClientRect();
  const at = (pointer) => [clamp((pointer.clientX - edges.left) / edges.width), clamp((pointer.clientY - edges.top) / edges.height)];
  const [x, y] = at(event);
  const before = index < 0 ? null : state.boxes[index];
  let box = before ?? [x, y, x, y];
  let element = stage.querySelectorAll(".box")[index];
  if (!element) {
    element = document.createElement("div");
    element.className = "box drawing";
    stage.append(element);
  }
  const follow = (pointer) => {
    const [right, bottom] = at(pointer);
    box = before ? moved(before, right - x, bottom - y)
      : [Math.min(x, right), Math.min(y, bottom), Math.max(x, right), Math.max(y, bottom)];
    place(element, box);
  };
  const release = (pointer) => {
    window.removeEventListener("pointermove", follow);
    if (pointer.type === "pointerup") follow(pointer);
    const large = box[2] - box[0] >= LEAST && box[3] - box[1] >= LEAST;
    const changed = before ? box !== before && box.some((value, edge) => value !== before[edge]) : large;
    if (changed && before) state.boxes[index] = box;
    else if (changed) state.boxes = [...state.boxes, box];
    draw(state, before ? index : changed ? state.boxes.length - 1 : -1);
    if (changed) send(state);
    window.removeEventListener("pointerup", release);
    window.removeEventListener("pointercancel", release);
  };
  window.addEventListener("pointermove", follow);
  window.addEventListener("pointerup", release);
  window.addEventListener("pointercancel", release);
}

export default function (component) {
  const { data, parentElement: root, setStateValue } = component;
  const fresh = !states.has(root);
  if (fresh) states.set(root, { root, boxes: [], version: null });
  const state = states.get(root);
  Object.assign(state, { setStateValue, most: data.most });
  const stage = root.querySelector(".stage");
  stage.style.setProperty("--ratio", data.ratio);
  const image = stage.querySelector("img");
  if (image.src !== data.source) image.src = data.source;
  if (state.version !== data.version || state.source !== data.source) {
    state.version = data.version;
    state.source = data.source;
    state.boxes = data.boxes.map((box) => [...box]);
    draw(state);
  } else if (fresh) draw(state);
  stage.onpointerdown = (event) => drag(state, event);
  root.querySelector(".add").onclick = () => {
    state.boxes = [...state.boxes, [0.4, 0.4, 0.6, 0.6]];
    draw(state, state.boxes.length - 1);
    send(state);
  };
  root.querySelector(".undo").onclick = () => {
    state.boxes = state.boxes.slice(0, -1);
    draw(state);
    send(state);
  };
  root.querySelector(".clear").onclick = () => {
    state.boxes = [];
    draw(state);
    send(state);
  };
}
