/** A name as SQL has it. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A table or a function, with its schema where it has one. */
export const qualified = (name: string): string =>
  name
    .split('.')
    .map((part) => identifier(part))
    .join('.')
