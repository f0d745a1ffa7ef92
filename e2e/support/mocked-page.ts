import { http, HttpResponse } from 'msw'
import { setupWorker } from 'msw/browser'
import { connect } from '../../app/tab/index.ts'

/** A page in development: some of its requests are answered by mocks. */
// What a page says in development asks the worker as well, and would be part of what is counted.
window.layer = connect({ development: false })
await setupWorker(http.get('/api/fresh/mocked', () => HttpResponse.json({ from: 'mock' }))).start({
  quiet: true,
  onUnhandledRequest: 'bypass',
  serviceWorker: { url: '/sw.js' },
})
document.title = 'mocked'
