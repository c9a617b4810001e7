// What is drawn as HTML can be clicked where it says so by data-goes-to; see clickable.py.

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".clickable")
  if (root.html !== data.html) root.innerHTML = root.html = data.html
  const go = (event) => {
    const target = event.target.closest("[data-goes-to]")
    if (!target) return
    event.preventDefault()
    setTriggerValue("target", target.dataset.goesTo)
  }
  root.onclick = go
  root.onkeydown = (event) => {
    if (event.key === "Enter" || event.key === " ") go(event)
  }
}
