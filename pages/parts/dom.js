// What the components' scripts have in common; read before each of them, see html.py.

const element = (name, className, ...children) => {
  const made = document.createElement(name)
  made.className = className
  made.append(...children)
  return made
}

const button = (text, onclick, className = "") => {
  const made = element("button", `plain ${className}`, text)
  made.type = "button"
  made.onclick = onclick
  return made
}

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))

// A table of 256 colours from a scale of [place, "#RRGGBB"] stops
function tableOf(scale) {
  return [...Array(256).keys()].map((level) => {
    const place = level / 255
    const next = Math.max(1, scale.findIndex(([stop]) => stop >= place))
    const [[low, from], [high, to]] = [scale[next - 1], scale[next]]
    const share = (place - low) / (high - low)
    const [start, end] = [rgb(from), rgb(to)]
    return start.map((part, i) => part + share * (end[i] - part))
  })
}

// One pixel of the canvas for each level, 0…255 of the table; what lies beyond is cut off
function fill(canvas, [height, width], levels, table) {
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext("2d")
  const image = context.createImageData(width, height)
  levels.forEach((level, i) => {
    image.data.set([...table[Math.min(255, Math.max(0, Math.round(level)))], 255], 4 * i)
  })
  context.putImageData(image, 0, 0)
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
