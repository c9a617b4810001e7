// Says before printing how wide the page is on the screen, and by how much it has to shrink to fit
// on paper, see style.css.
const PAPER = 718 // CSS pixels: A4 upright, 210 mm, between margins of 10 mm

function tellWidth() {
  const block = document.querySelector("[data-testid=stMainBlockContainer]")
  if (!block) return
  const style = getComputedStyle(block)
  const width = block.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)
  block.style.setProperty("--screen-width", `${width}px`)
  block.style.setProperty("--print-zoom", Math.min(1, PAPER / width))
}

export default function () {
  if (window.fitsOnPaper) return
  window.fitsOnPaper = true
  window.addEventListener("beforeprint", tellWidth)
}
