// Keeps a text in the browser's storage, so that a refresh, which is a new session, finds it; see
// lesson_progress.py. The server hears first what was kept, then says what to keep.
const NAME = "lesson"

export default function ({ data, setTriggerValue }) {
  try {
    if (data.heard) window.localStorage.setItem(NAME, data.value)
    else setTriggerValue("kept", window.localStorage.getItem(NAME) ?? "none")
  } catch { // no storage, as in some private windows: the session has it until it ends
    if (!data.heard) setTriggerValue("kept", "none")
  }
}
