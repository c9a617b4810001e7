// Keeps how far the lesson is in a cookie, which the server can read at the start of the next
// session without asking; see lesson_progress.py. Two tabs are two sessions, so what one of them
// has done is added to what the other one kept.
const YEAR = 365 * 24 * 3600 // seconds

function kept(cookie) {
  try {
    const text = document.cookie.split("; ").find((each) => each.startsWith(`${cookie}=`))
    const { done, runs } = JSON.parse(decodeURIComponent(text.slice(cookie.length + 1)))
    return { done: [...done], runs: [...runs] }
  } catch {
    return { done: [], runs: [] }
  }
}

export default function ({ data }) {
  const before = data.anew ? { done: [], runs: [] } : kept(data.cookie)
  const union = (name) => [...new Set([...before[name], ...data.values[name]])]
  const values = { done: union("done"), runs: union("runs").slice(-data.most) }
  const value = encodeURIComponent(JSON.stringify(values))
  document.cookie = `${data.cookie}=${value}; path=/; max-age=${YEAR}; SameSite=Lax`
}
