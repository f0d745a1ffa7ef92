/** Who asks, as resource timing calls it: the app's own code. */
const SCRIPTED = /^(?:fetch|xmlhttprequest)$/

/** The other origins that the page's code has asked: such requests do not pass the proxy. The set grows by itself. */
export function askedElsewhere(): ReadonlySet<string> {
  const origins = new Set<string>()
  new PerformanceObserver((entries) => {
    for (const { name, initiatorType } of entries.getEntries() as PerformanceResourceTiming[]) {
      if (!SCRIPTED.test(initiatorType) || !URL.canParse(name)) continue
      const { origin } = new URL(name)
      if (/^https?:/.test(origin) && origin !== location.origin) origins.add(origin)
    }
  }).observe({ type: 'resource', buffered: true })
  return origins
}
