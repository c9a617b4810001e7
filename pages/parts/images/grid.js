// The grid of images as buttons, see grid.py.

function card(item) {
  const button = document.createElement("button")
  const image = Object.assign(document.createElement("img"), { src: item.source, alt: "" })
  const lines = item.lines.map(([kind, text]) =>
    Object.assign(document.createElement("span"), { className: kind, textContent: text }))
  button.type = "button"
  button.dataset.index = item.index
  button.setAttribute("aria-label", item.label)
  button.title = item.label
  button.append(image, ...lines)
  return button
}

export default function ({ parentElement, data, setTriggerValue }) {
  const grid = parentElement.querySelector(".grid")
  const shown = JSON.stringify(data.items)
  const mark = (index) => {
    for (const button of grid.children) {
      button.setAttribute("aria-pressed", button.dataset.index === String(index))
    }
  }
  // Built anew only when what is shown has changed: a pick alone keeps focus and decoded images.
  if (grid.shown !== shown) grid.replaceChildren(...data.items.map(card))
  grid.shown = shown
  mark(data.picked)
  grid.setAttribute("aria-label", data.name)
  grid.style.setProperty("--card", data.compact ? "3.5rem" : "5.1rem")
  grid.onclick = (event) => {
    const button = event.target.closest("button")
    if (!button) return
    mark(button.dataset.index)
    setTriggerValue("picked", Number(button.dataset.index))
  }
}
