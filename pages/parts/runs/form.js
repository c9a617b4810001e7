// Keeps what starts or queues runs from doing so with another value than a field shows;
// see form.py.
//
// A number outside its range is marked by the browser and not sent: the server would take the one
// before.
const STARTS = ["start_bar", "queue_sweep", "queue_widths", "find_rate"]
const FIELDS = ["form_card", "layer_cards"]
const inside = (keys, what) => keys.map((key) => `.st-key-${key} ${what}`).join()

let hear = null // the form is drawn anew on each visit, and a click is heard once

export default function ({ setTriggerValue }) {
  document.removeEventListener("click", hear, true)
  hear = (event) => {
    if (!event.target.closest(inside(STARTS, "button"))) return
    const field = document.querySelector(inside(FIELDS, 'input[aria-invalid="true"]'))
    if (!field) return
    event.stopPropagation()
    field.focus()
    setTriggerValue("refused", { label: field.ariaLabel, value: field.value })
  }
  document.addEventListener("click", hear, true)
}
