// The film of a training: pictures and what each was called, filters, matrix, and a slider over
// all moments; see film.py.

const SECONDS = 6 // that a whole film takes
const SLOWEST = 700 // milliseconds for a frame of a short film

const percent = (share) => `${(100 * share).toFixed(1)}%`

function pictureOf({ source, label, name }) {
  const image = element("img", "")
  image.src = source
  image.alt = ""
  const called = element("span", "called", "")
  const made = element("figure", "", image, called)
  made.called = called
  made.label = label
  made.title = name
  made.dataset.label = label ?? ""
  return made
}

const MARKS = { right: "✓ ", wrong: "✗ ", own: "" }

// The visitor's own drawing has no true class
function verdictOn(label, top) {
  if (label === null) return "own"
  return label === top ? "right" : "wrong"
}

function name(made, [top, share], classes) {
  const verdict = verdictOn(made.label, top)
  const mark = element("b", "", MARKS[verdict])
  const called = element("span", "class", classes[top])
  made.called.replaceChildren(mark, called, element("i", "", ` ${percent(share)}`))
  made.className = verdict
  const words = `${made.title}, called ${classes[top]}`
  made.setAttribute("aria-label", verdict === "own" ? words : `${words}, ${verdict}`)
}

// Each row's shares: rows are true classes
function sharesOf(confusion, size) {
  return confusion.map((count, i) => {
    const row = Math.floor(i / size) * size
    const total = confusion.slice(row, row + size).reduce((a, b) => a + b, 0)
    return total ? count / total : 0
  })
}

function mostConfused(confusion, classes) {
  const size = classes.length
  const mistakes = confusion.map((count, i) => (i % (size + 1) ? count : 0))
  const place = mistakes.indexOf(Math.max(...mistakes))
  if (!mistakes[place]) return "none confused"
  const [label, pred] = [classes[Math.floor(place / size)], classes[place % size]]
  return `most confused: ${label} called ${pred}, ${mistakes[place]}×`
}

function build(root, data, show) {
  const view = { pictures: data.pictures.map(pictureOf) }
  view.slider = element("input", "")
  Object.assign(view.slider, { type: "range", min: 0, step: 1, oninput: () => {
    stop(root)
    show(Number(view.slider.value))
  } })
  view.slider.setAttribute("aria-label", "Moment of the training")
  view.play = button("▶ Play", () => (root.timer ? stop(root) : play(root, show)), "play")
  view.words = element("span", "words", "")
  view.words.setAttribute("aria-live", "off")
  view.filters = Array.from({ length: data.filters.count }, () => element("canvas", ""))
  view.matrix = element("canvas", "matrix")
  view.matrix.setAttribute("role", "img")
  view.cell = element("span", "note", "")
  view.matrix.onpointermove = view.matrix.onpointerdown = ({ offsetX, offsetY }) => {
    root.pointed = { offsetX, offsetY }
    tellCell(root)
  }
  view.matrix.onpointerleave = ({ pointerType }) => {
    if (pointerType !== "mouse") return // what a finger tapped stays
    root.pointed = null
    tellCell(root)
  }
  const filters = element("div", "filters", ...view.filters)
  filters.setAttribute("role", "img")
  filters.setAttribute("aria-label", `The ${data.filters.count} filters of the first layer`)
  const pictures = element("div", "pictures", ...view.pictures)
  pictures.setAttribute("role", "list")
  view.pictures.forEach((each) => each.setAttribute("role", "listitem"))
  root.view = view
  root.replaceChildren(
    element("div", "controls", view.play, view.slider, view.words),
    pictures,
    element("div", "below",
      element("section", "", element("h4", "", "Weights of the first layer"), filters,
        element("span", "note", "Orange is above zero, blue below.")),
      element("section", "", element("h4", "", "Confusion matrix"), view.matrix, view.cell)))
}

function stop(root) {
  clearInterval(root.timer)
  root.timer = null
  root.view.play.textContent = "▶ Play"
}

function play(root, show) {
  if (root.place >= root.frames.length - 1) show(0)
  root.view.play.textContent = "❚❚ Pause"
  root.timer = setInterval(() => {
    if (!root.isConnected || root.place >= root.frames.length - 1) return stop(root)
    show(root.place + 1)
  }, Math.min(SLOWEST, (1000 * SECONDS) / root.frames.length))
}

// What the cell that is pointed at says, else what the whole matrix does
function tellCell({ confusion, classes, pointed, view }) {
  if (!pointed) {
    view.cell.textContent = view.summary
    return
  }
  const size = classes.length
  const { clientWidth, clientHeight } = view.matrix
  const at = (place, length) => Math.min(size - 1, Math.max(0, Math.floor((place / length) * size)))
  const [row, column] = [at(pointed.offsetY, clientHeight), at(pointed.offsetX, clientWidth)]
  const count = confusion[row * size + column]
  view.cell.textContent = `${classes[row]} called ${classes[column]}: ${count}`
}

function draw(root, data, place) {
  const { view } = root
  const frame = root.frames[place]
  root.place = place
  root.confusion = frame.confusion
  root.classes = data.classes
  const right = frame.confusion.filter((_, i) => i % (data.classes.length + 1) === 0)
  const total = frame.confusion.reduce((a, b) => a + b, 0)
  const accuracy = right.reduce((a, b) => a + b, 0) / Math.max(1, total)
  view.slider.max = root.frames.length - 1
  view.slider.value = place
  view.slider.disabled = view.play.disabled = root.frames.length < 2
  const count = total.toLocaleString("en")
  const words = `${frame.moment} · ${percent(accuracy)} of ${count} right${frame.counted}`
  view.words.textContent = words
  view.slider.setAttribute("aria-valuetext", words)
  view.pictures.forEach((made, i) => name(made, frame.answers[i], data.classes))
  const bytes = bytesOf(frame.filters)
  const { pixels, edge } = data.filters
  view.filters.forEach((canvas, i) =>
    fill(canvas, [edge, edge], bytes.subarray(i * pixels, (i + 1) * pixels), root.tables.signed))
  const size = data.classes.length
  fill(view.matrix, [size, size], sharesOf(frame.confusion, size).map((share) => 255 * share),
    root.tables.plain)
  view.summary = `True down, called across; ${mostConfused(frame.confusion, data.classes)}`
  tellCell(root)
  view.matrix.setAttribute("aria-label", `Confusion matrix. ${view.summary}`)
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".film")
  const show = (place) => draw(root, root.data, place)
  // While it trains the last moment is shown, unless the visitor has gone back to another
  const atEnd = !root.frames || root.place >= root.frames.length - 1
  root.data = data
  root.frames = data.frames
  root.tables = { plain: tableOf(data.scales.scale), signed: tableOf(data.scales.difference) }
  if (root.version !== data.version) {
    if (root.timer) stop(root)
    root.version = data.version
    build(root, data, show)
    return show(data.frames.length - 1)
  }
  show(atEnd && !root.timer ? data.frames.length - 1 : Math.min(root.place, data.frames.length - 1))
}
