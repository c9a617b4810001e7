// Keeps the visitor's name in a cookie, which reaches the server with the next session, see
// visitor.py.
const COOKIE = "fashion_visitor"
const YEAR = 365 * 24 * 3600 // seconds

export default function ({ data }) {
  const age = data.name ? YEAR : 0
  const value = encodeURIComponent(data.name)
  document.cookie = `${COOKIE}=${value}; path=/; max-age=${age}; SameSite=Lax`
}
