export { replayX87 } from './replay-x87.ts';
export { replaySse } from './replay-sse.ts';
export { replayTranscendental, transcendentalStatistics } from './replay-transcendental.ts';
