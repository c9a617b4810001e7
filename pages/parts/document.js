// The theme that is shown, and a width for paper; and what history.js and projector.js have.
//
// When the theme changes while a page is open, the browser calls every component again, but
// Streamlit does not run the page anew by itself: the server is told, so that charts are drawn in
// it. Dialogs and popovers stand outside the app, hence the colour scheme of the whole document.
let asked = null

function followTheme(drawn, tell) {
  const { colorScheme } = getComputedStyle(document.querySelector(".stApp"))
  document.documentElement.style.colorScheme = colorScheme
  if (drawn === colorScheme) asked = null
  else if (asked !== colorScheme && !document.querySelector("[data-testid=stDialog]")) {
    // Drawing the page closes a dialog with what was typed in it, so that comes first
    asked = colorScheme // once: a server that answers with the old one is not asked for ever
    tell(colorScheme)
  }
}

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

export default function ({ data, setTriggerValue }) {
  keepOneEntryPerPage(window.history)
  keepProjectorView(data.page)
  followTheme(data.theme, (scheme) => setTriggerValue("theme", scheme))
  if (window.fitsOnPaper) return
  window.fitsOnPaper = true
  window.addEventListener("beforeprint", tellWidth)
}
