// The clock of a round as a bar and in words; when the time is up it asks the server, which has the
// say, and goes on asking until another page is drawn.
//
// It counts from the moment at which it is told how much is left: a browser's own time of day may
// be wrong.

const ASK_EVERY = 3 // seconds

const told = (seconds) => `${seconds} ${seconds === 1 ? "second" : "seconds"} left`

let timer = null

export default function ({ parentElement, data, setTriggerValue }) {
  const [bar, words] = ["i", "b"].map((name) => parentElement.querySelector(`.clock ${name}`))
  const end = performance.now() + 1000 * data.left
  let askAt = end + 1000 * data.late
  const show = () => {
    const left = Math.max(0, (end - performance.now()) / 1000)
    bar.style.width = `${(100 * left) / data.total}%`
    bar.classList.toggle("soon", left < data.soon)
    words.textContent = left ? told(Math.ceil(left)) : "Time is up"
    if (performance.now() < askAt) return
    askAt = performance.now() + 1000 * ASK_EVERY
    setTriggerValue("over", true)
  }
  clearInterval(timer)
  const mine = setInterval(show, 200) // what cleans up after this call may come after the next one
  timer = mine
  show()
  return () => clearInterval(mine)
}
