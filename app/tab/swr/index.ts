export { freshlayerSwr, type SwrOptions } from './freshlayer-swr.ts'
