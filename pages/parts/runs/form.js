// Keeps Start from training with another value than a field shows, see form.py.
//
// A number outside its range is marked by the browser and not sent: the server would take the one
// before.
let hear = null // the page is drawn again and again, and a click is heard once

export default function ({ setTriggerValue }) {
  document.removeEventListener("click", hear, true)
  hear = (event) => {
    if (!event.target.closest(".st-key-start_bar button")) return
    const field = document.querySelector('.st-key-form_card input[aria-invalid="true"]')
    if (!field) return
    event.stopPropagation()
    field.focus()
    setTriggerValue("refused", { label: field.ariaLabel, value: field.value })
  }
  document.addEventListener("click", hear, true)
}
