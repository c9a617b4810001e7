// Two notes at the end of a round, up if it was won, else down; only where sounds are on.

let played = null // the round that was heard last

export default function ({ data }) {
  if (!data.on || played === data.round) {
    played = data.round
    return
  }
  played = data.round
  const context = new AudioContext()
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
  setTimeout(() => context.close(), 1000)
}
