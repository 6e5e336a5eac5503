export { replaySse } from './replay-sse.ts';
export { replayTranscendental, transcendentalStatistics } from './replay-transcendental.ts';
export { replayX87 } from './replay-x87.ts';
