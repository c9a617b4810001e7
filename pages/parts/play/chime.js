// Two notes at the end of a round, up if it was won, else down; only where sounds are on.

let played = null // the round that was heard last
let context = null

// Safari lets sound begin only where the visitor has pressed something: the next press wakes it
function wake() {
  context ??= new AudioContext()
  context.resume()
}

export default function ({ data }) {
  for (const kind of ["pointerup", "keydown"]) {
    if (data.on) document.addEventListener(kind, wake)
    else document.removeEventListener(kind, wake)
  }
  if (!data.on) context?.suspend()
  if (!data.on || !data.round || played === data.round) {
    played = data.round
    return
  }
  played = data.round
  wake()
  data.notes.forEach((frequency, place) => {
    const [note, loudness] = [context.createOscillator(), context.createGain()]
    const start = context.currentTime + 0.15 * place
    note.frequency.value = frequency
    loudness.gain.setValueAtTime(0.12, start)
    loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.3)
    note.connect(loudness).connect(context.destination)
    note.start(start)
    note.stop(start + 0.3)
  })
}
