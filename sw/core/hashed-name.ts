/**
 * Whether a file's name carries a hash of its content, as bundlers write it (`app-BX12aZ9q.js`): then what is stored
 * under it is right for ever.
 */
export const HASHED_NAME = /-[\w-]{8}\./
