/** The field by which the proxy names the user of an answer, as a backend does whose rules identify by `'echo'`. */
export const USER_FIELD = 'freshlayer-try-user'
