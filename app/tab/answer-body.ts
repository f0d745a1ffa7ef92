/** The value of a JSON body; of any other the text. */
export function bodyOf({ headers, ok }: Response, text: string): unknown {
  if (text === '' || !/[/+]json\b/i.test(headers.get('content-type') ?? '')) return text
  try {
    return JSON.parse(text)
  } catch (error) {
    // An error that is no JSON is the error all the same.
    if (ok) throw error
    return text
  }
}
