// Tells the server when the theme changes while a page is open, so that charts are drawn in it: the
// browser calls every component again then, but Streamlit does not run the page anew by itself.
// Dialogs and popovers stand outside the app, hence the colour scheme of the whole document.
let asked = null

export default function ({ data, setTriggerValue }) {
  const { colorScheme } = getComputedStyle(document.querySelector(".stApp"))
  document.documentElement.style.colorScheme = colorScheme
  if (!data.drawn || data.drawn === colorScheme) asked = null
  else if (asked !== colorScheme) {
    asked = colorScheme // once: a server that answers with the old one is not asked for ever
    setTriggerValue("scheme", colorScheme)
  }
}
