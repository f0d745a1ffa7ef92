/** Whether a page or a worker is served from the machine that it runs on: then it is being developed (decision 0024). */
export const isThisMachine = ({ hostname }: { readonly hostname: string }): boolean =>
  /^((.+\.)?localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
