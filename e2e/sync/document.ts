/** The document of a shop, which has nothing but the page's script. */
export const PAGE = '<!doctype html><meta charset=utf-8><title>shop</title><script type=module src=/page.js></script>'
