// Draws the steps it is given; purely to look at.
const SPOKEN = { done: "done", next: "the next step", open: "to do" };

export default function (component) {
  const { data, parentElement } = component;
  parentElement.querySelector("ol").replaceChildren(...data.map((step) => {
    const item = document.createElement("li");
    item.className = step.state;
    item.title = step.fact;
    for (const [kind, content] of [
      ["dot", step.state === "done" ? "✓" : ""], ["name", step.name], ["spoken", ": " + SPOKEN[step.state]],
    ]) {
      const element = document.createElement("div");
      element.className = kind;
      element.textContent = content;
      item.appendChild(element);
    }
    return item;
  }));
}
