// The clock of a round as a bar and in words; when the time is up is the server's to say.
//
// It counts from the moment at which it is told how much is left: a browser's own time of day may
// be wrong.

let timer = null

export default function ({ parentElement, data }) {
  const [bar, words] = ["i", "b"].map((name) => parentElement.querySelector(`.clock ${name}`))
  const end = performance.now() + 1000 * data.left
  const show = () => {
    const left = Math.max(0, (end - performance.now()) / 1000)
    const seconds = Math.ceil(left)
    bar.style.width = `${(100 * left) / data.total}%`
    bar.classList.toggle("soon", left < data.soon)
    words.textContent = left ? `${seconds} second${seconds === 1 ? "" : "s"} left` : "Time is up"
  }
  clearInterval(timer)
  timer = setInterval(show, 200)
  show()
  return () => clearInterval(timer)
}
