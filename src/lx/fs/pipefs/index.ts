export { newPipe, openFifo, PIPE_CAPACITY, PIPE_MAX, pipeSize, setPipeSize } from './pipe.ts';
