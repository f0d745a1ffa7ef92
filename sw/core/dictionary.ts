/**
 * The request field by which the layer says that the answer may become a dictionary, and be coded by one. A script of
 * another origin cannot send it without a preflight, so no page outside the app can have such an answer made.
 */
export const DICTIONARY_FIELD = 'freshlayer-dictionary'
