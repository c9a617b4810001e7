// One map, large: the arithmetic behind the pixel under the pointer or arrow keys, see pixel.py.
//
// All numbers are the model's own and come once for a map, so moving over it asks the server
// nothing. Only the products are made here; each stage's result is what the model computed.
const SHOWN_INPUTS = 3 // of many input maps, those that add most to the pixel
const CANVAS = 8 // screen pixels for each pixel of a map's canvas before CSS enlarges it

// Data as they come: 32-bit floats as base64

export function decode({ shape, data }) {
  return { shape, values: new Float32Array(bytesOf(data).buffer) }
}

export function decodeMap(map) {
  const stages = map.stages.map((stage) => ({
    ...stage,
    values: decode(stage.values),
    other: stage.other && decode(stage.other),
  }))
  return { ...map, inputs: decode(map.inputs), kernel: decode(map.kernel), stages }
}

const at = ({ shape, values }, row, column) => values[row * shape[1] + column]

// The arithmetic, from a pixel of the last stage back to the window of the convolution

export function arithmeticAt(map, row, column) {
  let place = [row, column]
  const stages = []
  for (let i = map.stages.length - 1; i > 0; i--) {
    const [stage, before] = [map.stages[i], map.stages[i - 1].values]
    const step = { kind: stage.kind, result: at(stage.values, ...place), place }
    if (stage.kind === "max-pool" || stage.kind === "mean-pool") {
      step.window = poolWindow(stage, before, place)
      // Of a mean the largest part is followed back
      place = step.window.reduce((best, one) => (one.value > best.value ? one : best)).place
      step.winner = place
    }
    if (stage.kind === "sum") {
      Object.assign(step, { other: at(stage.other, ...place), source: stage.source })
    }
    if (stage.kind === "batch norm") {
      const { mean, deviation, scale, shift } = stage
      Object.assign(step, { mean, deviation, scale, shift })
    }
    step.input = at(before, ...place)
    stages.unshift(step)
  }
  const result = at(map.stages[0].values, ...place)
  return { place, channels: convolve(map, place), bias: map.bias, result, stages }
}

function poolWindow({ size }, before, [row, column]) {
  const places = [...Array(size * size).keys()].map((i) =>
    [row * size + Math.floor(i / size), column * size + (i % size)])
  return places.map((place) => ({ place, value: at(before, ...place) }))
}

// For each input map its window, kernel and products, the largest sums first
function convolve({ inputs, kernel, stride, padding }, [row, column]) {
  const [count, height, width] = inputs.shape
  const [, tall, wide] = kernel.shape
  const channels = []
  for (let channel = 0; channel < count; channel++) {
    const [window, weights, products] = [[], [], []]
    for (let i = 0; i < tall * wide; i++) {
      const y = row * stride - padding + Math.floor(i / wide)
      const x = column * stride - padding + (i % wide)
      const inside = y >= 0 && y < height && x >= 0 && x < width
      window.push(inside ? inputs.values[(channel * height + y) * width + x] : 0)
      weights.push(kernel.values[channel * tall * wide + i])
      products.push(window[i] * weights[i])
    }
    channels.push({ channel, window, weights, products, sum: products.reduce((a, b) => a + b, 0) })
  }
  return channels.sort((a, b) => Math.abs(b.sum) - Math.abs(a.sum))
}

// Numbers and colours

// Four digits, a true minus sign
export function four(value) {
  const size = Math.abs(value)
  const digits = size < 1 ? 4 : Math.max(0, 3 - Math.floor(Math.log10(size)))
  return value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "−")
}

// The colour at a place 0…1 of a scale of [place, "#RRGGBB"] stops
export function colour(scale, place) {
  const next = Math.max(1, scale.findIndex(([stop]) => stop >= place))
  const [[low, from], [high, to]] = [scale[next - 1], scale[next]]
  const share = Math.min(1, Math.max(0, (place - low) / (high - low)))
  const [start, end] = [rgb(from), rgb(to)]
  return start.map((part, i) => Math.round(part + share * (end[i] - part)))
}

// Values below zero need the diverging scale, whose middle is zero
const painter = (values, { scale, difference }) => {
  const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9)
  const signed = values.some((value) => value < 0)
  if (signed) return (value) => colour(difference, 0.5 + value / most / 2)
  return (value) => colour(scale, value / most)
}

function paint(canvas, values, [height, width], scales) {
  const context = canvas.getContext("2d")
  const pick = painter(values, scales)
  canvas.width = width * CANVAS
  canvas.height = height * CANVAS
  values.forEach((value, i) => {
    context.fillStyle = `rgb(${pick(value).join(",")})`
    context.fillRect((i % width) * CANVAS, Math.floor(i / width) * CANVAS, CANVAS, CANVAS)
  })
}

function ring(canvas, row, column, height, width, ringColour) {
  const context = canvas.getContext("2d")
  context.strokeStyle = ringColour
  context.lineWidth = 2
  context.strokeRect(column * CANVAS + 1, row * CANVAS + 1, width * CANVAS - 2, height * CANVAS - 2)
}

// Drawing

// WCAG 2: above 0.179 black has the higher contrast
function luminance(...levels) {
  const [red, green, blue] = levels.map((level) => level / 255).map((share) =>
    share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function table(numbers, width, title, scales, mark = -1) {
  const pick = painter(numbers, scales)
  const cells = numbers.map((value, i) => {
    const cell = element("span", i === mark ? "cell winner" : "cell", four(value))
    const [red, green, blue] = pick(value)
    cell.style.background = `rgb(${red},${green},${blue})`
    cell.style.color = luminance(red, green, blue) > 0.179 ? "#000000" : "#FFFFFF"
    return cell
  })
  const grid = element("span", "table", ...cells)
  grid.style.gridTemplateColumns = `repeat(${width}, 1fr)`
  return element("span", "titled", grid, element("small", "", title))
}

const line = (text, result) =>
  element("p", "line", text, element("b", "", ` = ${four(result)}`))

function convolutionParts(map, found, scales) {
  const shown = found.channels.slice(0, SHOWN_INPUTS)
  const others = found.channels.slice(SHOWN_INPUTS)
  const width = map.kernel.shape[2]
  const parts = shown.map(({ channel, window, weights, products, sum }) => {
    const name = map.inputs.shape[0] === 1 ? map.source : `${map.source}, map ${channel}`
    return element("div", "product",
      element("div", "name", name),
      element("div", "row",
        table(window, width, "window", scales), "×",
        table(weights, width, "kernel", scales), "=",
        table(products, width, `products, sum ${four(sum)}`, scales)))
  })
  const terms = shown.map(({ sum }) => [sum, ""])
  if (others.length) {
    const rest = others.reduce((total, { sum }) => total + sum, 0)
    terms.push([rest, ` (${others.length} other ${others.length === 1 ? "map" : "maps"})`])
  }
  terms.push([map.bias, " (bias)"])
  return [...parts, line(sumText(terms), found.result)]
}

// "0.1 − 0.2 (bias)" of terms [number, what it is]
const sumText = (terms) => terms.map(([value, note], i) => {
  const sign = value < 0 ? " − " : " + "
  return (i ? sign + four(Math.abs(value)) : four(value)) + note
}).join("")

const valuesText = (window) => window.map(({ value }) => four(value)).join(", ")

const SENTENCES = {
  "batch norm": ({ input, mean, deviation, scale, shift }) => {
    const centred = sumText([[input, ""], [-mean, ""]])
    return `(${centred}) ÷ ${four(deviation)} × ${sumText([[scale, ""], [shift, ""]])}`
  },
  "max-pool": ({ window }) => `the largest of ${window.length}: ${valuesText(window)}`,
  "mean-pool": ({ window }) =>
    `the mean of ${window.length}, whose largest is followed back: ${valuesText(window)}`,
  sum: ({ other, input, source }) => sumText([[other, ` (from ${source})`], [input, ""]]),
  ReLU: ({ input }) => `max(0, ${four(input)})`,
}

const NAMES = {
  "batch norm": "Batch norm",
  "max-pool": "Max-pool",
  "mean-pool": "Mean-pool",
  sum: "Sum",
  ReLU: "ReLU",
}
const where = ([row, column]) => `row ${row}, column ${column}`

function describe(map, found, scales) {
  const [row, column] = found.place
  const parts = [element("h4", "", `Convolution at ${where([row, column])}`)]
  parts.push(...convolutionParts(map, found, scales))
  for (const stage of found.stages) {
    const text = stage.winner ? ` at ${where(stage.winner)}` : ""
    parts.push(element("h4", "", NAMES[stage.kind] + text))
    parts.push(line(SENTENCES[stage.kind](stage), stage.result))
  }
  return parts
}

// The component

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }

function show(root, map, scales, [row, column]) {
  const found = arithmeticAt(map, row, column)
  const last = map.stages.at(-1)
  const strongest = found.channels[0].channel
  const [, height, width] = map.inputs.shape
  const large = root.querySelector(".large")
  const before = root.querySelector(".before")
  paint(large, last.values.values, last.values.shape, scales)
  ring(large, row, column, 1, 1, scales.ring)
  const size = height * width
  const input = map.inputs.values.subarray(strongest * size, (strongest + 1) * size)
  paint(before, input, [height, width], scales)
  const [top, left] = found.place.map((place) => place * map.stride - map.padding)
  ring(before, top, left, map.kernel.shape[1], map.kernel.shape[2], scales.ring)
  const value = four(at(last.values, row, column))
  const name = map.inputs.shape[0] === 1 ? map.source : `${map.source}, map ${strongest}`
  root.querySelector(".before-name").textContent = `from ${name}`
  root.querySelector(".value").textContent = `Row ${row}, column ${column}: ${value}`
  root.querySelector(".sums").replaceChildren(...describe(map, found, scales))
}

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".pixel")
  const large = root.querySelector(".large")
  const map = decodeMap(data.map)
  const [height, width] = map.stages.at(-1).values.shape
  // A run of the page that shows the same map leaves the pixel where it was
  if (root.version !== data.version) root.pixel = data.pixel
  root.version = data.version
  let drawn = ""
  const move = (row, column) => {
    root.pixel = [Math.min(height - 1, Math.max(0, row)), Math.min(width - 1, Math.max(0, column))]
    if (drawn === String(root.pixel)) return // a pointer that moves within it
    drawn = String(root.pixel)
    show(root, map, data.scales, root.pixel)
  }
  large.setAttribute("aria-label", data.label)
  large.onpointermove = large.onpointerdown = ({ clientX, clientY }) => {
    const box = large.getBoundingClientRect()
    move(Math.floor(((clientY - box.top) / box.height) * height),
      Math.floor(((clientX - box.left) / box.width) * width))
  }
  large.onkeydown = (event) => {
    const step = MOVES[event.key]
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return // Alt+Left: back
    event.preventDefault() // else the page scrolls
    move(root.pixel[0] + step[0], root.pixel[1] + step[1])
  }
  move(...root.pixel)
}
