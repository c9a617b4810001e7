// The layers as rows of small maps, see rows.py. On a phone one layer at a time.

const SCALES = { layer: "Colours by layer", map: "Colours by map" }

// What a map's byte stands for: 0…255 from its lowest to its highest number
const numberAt = ({ low, high }, byte) => low + (byte / 255) * (high - low)

// `most`: what has the strongest colour. Values below zero need the scale whose middle is zero.
function paint(canvas, bytes, size, map, most, table, signed) {
  const levels = Array.from(bytes, (byte) => {
    const share = most > 0 ? numberAt(map, byte) / most : 0
    return 255 * (signed ? 0.5 + share / 2 : share)
  })
  fill(canvas, size, levels, table)
}

// One map: a button with its picture, its kernel where it has one, and what is to be said of it

function mapButton(layer, map, bytes, most, tables, pick) {
  const picture = element("canvas", "")
  const signed = layer.maps.some(({ low }) => low < 0)
  paint(picture, bytes, layer.size, map, most, signed ? tables.signed : tables.plain, signed)
  const made = element("button", `map ${map.state}`, picture)
  if (map.kernel) {
    const kernel = element("canvas", "kernel")
    const strongest = Math.max(...map.kernel.map(Math.abs), 1e-9)
    const levels = map.kernel.map((weight) => 127.5 + (127.5 * weight) / strongest)
    const edge = Math.sqrt(levels.length)
    paint(kernel, levels, [edge, edge], { low: -strongest, high: strongest }, strongest,
      tables.signed, true)
    made.append(kernel)
  }
  if (map.text) made.append(element("span", "text", map.text))
  if (map.state) made.append(element("span", "state", map.state))
  made.type = "button"
  made.dataset.channel = map.channel
  made.setAttribute("aria-label", map.label)
  made.title = map.label
  made.onclick = (event) => {
    pick(map.channel)
    if (!event.detail) goToNumber(made) // no pointer has clicked
  }
  return made
}

// A layer is one Tab stop, `stop`; from there keys go on to its other maps

function setStop(maps, stop) {
  for (const each of maps.children) each.tabIndex = each === stop ? 0 : -1
}

function moveWithin(maps, event) {
  const shown = [...maps.children].filter((each) => !each.hidden)
  const across = shown.filter((each) => each.offsetTop === shown[0].offsetTop).length
  const at = shown.indexOf(event.target.closest(".map"))
  const places = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - across,
    ArrowDown: at + across,
    Home: 0,
    End: shown.length - 1,
  }
  if (!(event.key in places) || event.altKey || event.ctrlKey || event.metaKey) return
  event.preventDefault() // else the page scrolls
  shown[places[event.key]]?.focus()
}

// After a pick by keyboard: there the arithmetic stands, and Tab would come to it last
function goToNumber(made) {
  const root = made.closest(".rows")
  const card = document.querySelector(".st-key-number_card")
  card.tabIndex = -1
  card.setAttribute("role", "group")
  card.setAttribute("aria-label", "Numbers of the picked map. Escape leads back to the maps.")
  card.onkeydown = (event) => {
    if (event.key !== "Escape") return
    const picked = root.querySelector('.map[aria-pressed="true"]') // built anew since, perhaps
    const stop = picked.hidden ? picked.parentElement.querySelector('[tabindex="0"]') : picked
    stop.focus()
  }
  card.focus()
}

// `opened`: the names of the layers of which all maps are shown
function row(layer, tables, byMap, opened, pick) {
  const bytes = bytesOf(layer.bytes)
  const pixels = layer.size[0] * layer.size[1]
  const ofLayer = Math.max(...layer.maps.map(({ low, high }) => Math.max(-low, high)))
  const buttons = layer.maps.map((map, i) =>
    mapButton(layer, map, bytes.subarray(i * pixels, (i + 1) * pixels),
      byMap ? Math.max(-map.low, map.high) : ofLayer, tables, pick))
  const maps = element("div", layer.size[0] === 1 ? "maps numbers" : "maps", ...buttons)
  maps.setAttribute("role", "toolbar")
  maps.setAttribute("aria-label", `Maps of ${layer.name}`)
  maps.onkeydown = (event) => moveWithin(maps, event)
  maps.addEventListener("focusin", (event) => setStop(maps, event.target.closest(".map")))
  setStop(maps, buttons[0])
  const head = element("div", "head", element("b", "", layer.name), element("span", "", layer.text))
  const made = element("section", "", head, maps)
  const hidden = buttons.slice(layer.shown)
  if (hidden.length) {
    const show = (all) => {
      hidden.forEach((each) => { each.hidden = !all })
      more.textContent = all ? `Show the strongest ${layer.shown}` : `Show all ${buttons.length}`
      opened[all ? "add" : "delete"](layer.name)
      if (!all && hidden.some((each) => each.tabIndex === 0)) setStop(maps, buttons[0])
    }
    const more = button("", () => show(hidden[0].hidden), "more")
    show(opened.has(layer.name))
    made.append(more)
  }
  return made
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".rows")
  const mark = () => {
    root.querySelectorAll("section").forEach((section, i) => {
      section.classList.toggle("current", i === root.current)
      for (const each of section.querySelectorAll(".map")) {
        const picked = i === root.picked[0] && Number(each.dataset.channel) === root.picked[1]
        each.setAttribute("aria-pressed", picked)
      }
    })
    const words = `Layer ${root.current + 1} of ${data.layers.length}`
    if (root.stepText.textContent !== words) root.stepText.textContent = words // it is read aloud
  }
  const step = (by) => {
    root.current = Math.min(data.layers.length - 1, Math.max(0, root.current + by))
    mark()
  }
  const build = () => {
    const tables = { plain: tableOf(data.scales.scale), signed: tableOf(data.scales.difference) }
    root.stepText = element("span", "")
    root.stepText.setAttribute("role", "status")
    const stepper = element("div", "stepper",
      button("‹ Layer before", () => step(-1)),
      root.stepText,
      button("Next layer ›", () => step(1)))
    const scale = button(root.byMap ? SCALES.map : SCALES.layer, () => {
      root.byMap = !root.byMap
      build()
      root.querySelector(".scale").focus() // the button itself is another one now
    }, "scale")
    scale.title = "One colour scale for all maps of a layer, or one for each map"
    const sections = data.layers.map((layer, i) =>
      row(layer, tables, root.byMap, root.opened, (channel) => {
        root.picked = [i, channel]
        root.current = i
        mark()
        setTriggerValue("picked", root.picked)
      }))
    root.replaceChildren(element("div", "tools", stepper, scale), ...sections)
    mark()
    const picked = root.querySelector('.map[aria-pressed="true"]')
    if (!picked.hidden) setStop(picked.parentElement, picked)
  }
  // After Back: its layer may not be the one that a phone shows, and the map behind "Show all"
  const reveal = () => {
    root.current = root.picked[0]
    mark()
    const picked = root.querySelector('.map[aria-pressed="true"]')
    if (picked.hidden) picked.closest("section").querySelector(".more").click()
    setStop(picked.parentElement, picked)
  }
  const samePick = String(root.picked) === String(data.picked) // as after a click on it
  root.opened ??= new Set()
  root.picked = data.picked
  root.current ??= data.picked[0]
  // Built anew only when what is shown has changed: a pick alone keeps focus and place.
  if (root.version === data.version) return samePick ? mark() : reveal()
  root.version = data.version
  root.current = data.picked[0]
  const { name, maps, shown } = data.layers[root.current]
  const strongest = maps.slice(0, shown)
  if (!strongest.some(({ channel }) => channel === data.picked[1])) root.opened.add(name)
  build()
}
