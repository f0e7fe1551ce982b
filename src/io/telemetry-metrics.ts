/** What a metric counts, and how it is split up. */
export interface Metric {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets, in the metric's unit. */
  readonly buckets?: readonly number[];
}

/** Seconds, from a network's single run to what nobody waits for; 0.25 is the latency goal of a verdict. */
const LATENCY_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64];

const DISTANCES = [0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 2, 4, 8];

const counter = (help: string, ...labels: string[]): Metric => ({ type: 'counter', help, labels });
const gauge = (help: string, ...labels: string[]): Metric => ({ type: 'gauge', help, labels });
const histogram = (help: string, buckets: readonly number[], ...labels: string[]): Metric => ({
  type: 'histogram',
  help,
  labels,
  buckets,
});

/** Every metric of the server, by name; what is not here cannot be measured. */
export const METRICS: ReadonlyMap<string, Metric> = new Map(
  Object.entries({
    // windows and verdicts
    undertone_windows_total: counter('Windows decided, by verdict and reject reason', 'status', 'reason'),
    undertone_webhook_deliveries_total: counter('Deliveries to webhooks, by outcome', 'outcome'),
    undertone_discarded_total: counter('Items dropped from a bounded queue, by queue and reason', 'queue', 'reason'),
    undertone_hop_seconds: gauge('Distance between two windows of a participant now; grows when the host is busy'),
    undertone_judged_share: gauge("Share of each participant's windows that is judged now"),
    undertone_predicted_utilisation: gauge('Share of the inference workers that is needed as things stand; 1 is all'),
    undertone_skipped_windows_total: counter(
      'Windows rejected as overload: not their turn on a busy host, or they would have waited too long',
      'reason',
    ),
    undertone_queue_depth: gauge('Items waiting in a bounded queue', 'queue'),
    undertone_stage_seconds: histogram('Time spent in a stage of the pipeline', LATENCY_SECONDS, 'stage'),
    undertone_verdict_latency_seconds: histogram('From window closed to verdict decided', LATENCY_SECONDS),
    undertone_drift_distance: histogram(
      "Distance of a window from the pack's reference; above 1 is out of distribution",
      DISTANCES,
      'modality',
    ),
    undertone_out_of_distribution_total: counter('Windows whose voice or face is out of distribution', 'modality'),
    undertone_segments_total: counter('Segments ended, by status', 'status'),
    undertone_participants: gauge('Participants in all rooms'),

    // review
    undertone_review_items_total: counter('Review items put to people, by the draw that took them', 'cause'),
    undertone_clips_lost_total: counter('Review items asked without their clip, by reason', 'reason'),

    // inference
    undertone_provider_info: gauge('1 for the ONNX Runtime provider that runs', 'provider'),
    undertone_provider_fallback_total: counter('Times a provider was given up for another', 'from', 'to'),
    undertone_inference_seconds: histogram('Time of one run of a network', LATENCY_SECONDS, 'kind'),
    undertone_inference_batch_size: histogram('Calls that shared one run of a network', BATCH_SIZES, 'kind'),
    undertone_inference_workers: gauge('Inference workers alive'),
    undertone_inference_worker_restarts_total: counter('Inference workers started again after a crash'),

    // media in
    undertone_rtp_packets_total: counter('RTP packets received', 'kind'),
    undertone_rtp_lost_total: counter('RTP packets that never arrived', 'kind'),
    undertone_rtp_malformed_total: counter('Packets that are not RTP or not of the negotiated codec', 'kind'),
    undertone_decode_dropped_total: counter('Media dropped before decoding, by reason', 'kind', 'reason'),
    undertone_decode_errors_total: counter('Media that could not be decoded', 'kind'),
    undertone_frames_decoded_total: counter('Video frames decoded'),
    undertone_frames_skipped_total: counter('Video frames not sampled for the face'),
    undertone_clock_jumps_total: counter("Jumps of a sender's media clock", 'kind'),
    undertone_decode_worker_restarts_total: counter('Decoder workers started again after a crash'),
    undertone_webrtc_workers: gauge('mediasoup workers alive'),
    undertone_webrtc_worker_restarts_total: counter('mediasoup workers started again after a crash'),

    // messages out
    undertone_connections: gauge('WebSocket connections'),
    undertone_subscribers: gauge('Subscriptions to rooms'),
    undertone_messages_total: counter('WebSocket messages, by direction and type', 'direction', 'type'),
    undertone_message_errors_total: counter('Errors answered to clients, by code', 'code'),
    undertone_conflated_total: counter('Events that slow subscribers got only as the latest'),
    undertone_closed_total: counter('WebSocket connections ended, by close code', 'code'),

    // what is kept
    undertone_withdrawals_waiting: gauge('Withdrawals whose deletion is still to be carried out'),
    undertone_expired_total: counter('What was deleted as its time was over, by kind', 'kind'),
    undertone_retention_failures_total: counter('Rounds of deletion that failed and are tried again'),

    // the process itself
    undertone_unmeasured_total: counter(
      'Measurements refused: not a number, or one series too many',
      'metric',
      'reason',
    ),
  } satisfies Record<string, Metric>),
);
