// Keeps how far the lesson is in a cookie, which the server can read at the start of the next
// session without asking; see lesson_progress.py.
const YEAR = 365 * 24 * 3600 // seconds

export default function ({ data }) {
  const value = encodeURIComponent(data.value)
  document.cookie = `${data.cookie}=${value}; path=/; max-age=${YEAR}; SameSite=Lax`
}
