// Photos under heat maps. The strength of the maps is one for all pages of a visit and never asks the server.
const KEPT = "tuskscope-heat-map";
const CHANGED = "tuskscope-heat-map";
const RULER = [-0.3, 0.8];

const make = (kind, content = "", tag = "div") => {
  const element = document.createElement(tag);
  element.className = kind;
  element.textContent = content;
  return element;
};

function strength() {
  const kept = sessionStorage.getItem(KEPT);
  return kept === null ? 60 : Number(kept);
}

function picture(photo, ask) {
  const frame = make("picture");
  frame.style.setProperty("--ratio", photo.size[0] / photo.size[1]);
  const image = make("", "", "img");
  image.alt = photo.alt;
  image.src = photo.source;
  frame.append(image);
  if (photo.layer) {
    const heat = make("heat", "", "img");
    heat.alt = "";
    heat.src = photo.layer;
    frame.append(heat);
  } else if (photo.button) {
    frame.classList.add("empty");
    const button = make("ask", photo.button, "button");
    button.type = "button";
    button.setAttribute("aria-label", `${photo.title}: ${photo.button}`);
    button.onclick = () => ask(photo.id);
    frame.append(button);
  }
  return frame;
}

function place(value) {
  const share = (value - RULER[0]) / (RULER[1] - RULER[0]);
  return 100 * Math.min(1, Math.max(0, share));
}

function ruler(faithfulness) {
  const element = make("ruler");
  const low = place(faithfulness.chance - 2 * faithfulness.deviation);
  const chance = make("chance");
  chance.style.left = `${low}%`;
  chance.style.width = `${Math.max(1, place(faithfulness.chance + 2 * faithfulness.deviation) - low)}%`;
  const middle = make("middle");
  middle.style.left = `${place(faithfulness.middle)}%`;
  const gain = make("gain");
  gain.style.left = `${place(faithfulness.gain)}%`;
  element.append(make("track"), chance, middle, gain);
  element.setAttribute("aria-hidden", "true");
  return element;
}

function number(value) {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && text !== "0.00" ? `\u2212${text}` : text;
}

function lines(photo) {
  const element = make("lines");
  if (photo.title) {
    const title = make(photo.color ? "title colored" : "title", photo.title);
    if (photo.color) title.style.setProperty("--class-color", photo.color);
    element.append(title);
  }
  if (photo.note) element.append(make("note", photo.note));
  if (photo.faithfulness) {
    const { faithfulness } = photo;
    const verdict = make(`verdict ${faithfulness.verdict}`, faithfulness.words);
    verdict.title = faithfulness.sentence;
    const numbers = make("numbers", `map ${number(faithfulness.gain)} · chance ${number(faithfulness.chance)} · middle ${number(faithfulness.middle)}`);
    element.append(verdict, ruler(faithfulness), numbers);
  } else if (photo.waiting) {
    element.append(make("verdict waiting", photo.waiting));
  }
  return element;
}

function legend(root, scale) {
  const bar = root.querySelector(".scale");
  bar.style.background = `linear-gradient(to right, ${scale.colors.join(", ")})`;
  root.querySelectorAll(".words span").forEach((span, index) => { span.textContent = scale.words[index]; });
  root.querySelector(".legend").setAttribute("aria-label", `Colours from ${scale.words.filter(Boolean).join(" to ")}`);
}

export default function (component) {
  const { data, parentElement: root, setTriggerValue } = component;
  const explained = root.querySelector(".explained");
  const slider = root.querySelector("input");
  const follow = () => {
    slider.value = strength();
    root.querySelector("output").textContent = `${strength()} %`;
    explained.style.setProperty("--strength", strength() / 100);
  };
  slider.oninput = () => {
    sessionStorage.setItem(KEPT, slider.value);
    window.dispatchEvent(new Event(CHANGED));
  };
  root.querySelector(".controls").hidden = !data.legend;
  if (data.legend) legend(root, data.legend);
  root.querySelector(".strength").hidden = !data.photos.some((photo) => photo.layer);
  explained.classList.toggle("single", data.columns === 1);
  const grid = root.querySelector(".grid");
  grid.style.setProperty("--columns", data.columns);
  grid.style.setProperty("--tallest", data.tallest);
  grid.replaceChildren(...data.photos.map((photo) => {
    const card = make("card");
    card.append(picture(photo, (id) => setTriggerValue("asked", id)), lines(photo));
    return card;
  }));
  follow();
  window.addEventListener(CHANGED, follow);
  return () => window.removeEventListener(CHANGED, follow);
}
