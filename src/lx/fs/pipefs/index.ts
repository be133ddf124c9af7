export {
  newPipe,
  openFifo,
  PIPE_CAPACITY,
  PIPE_MAX,
  pipeSize,
  setPipeSize,
  teePipe,
} from './pipe.ts';
