export { isAddress } from '../notice/addresses.js';
export { SpoolLayout } from '../spool/layout.js';
export { deliver, type Delivered, type DeliverOptions } from './deliver.js';
export { sendSamples, type SampleResult } from './send-samples.js';
