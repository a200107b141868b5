import assert from "node:assert/strict";
import { Parking, ParkingSlots } from "../../mount/parking.ts";

describe("parked requests", () => {
  it("are answered once: by the worker, or by the engine on INTERRUPT", () => {
    const slots = new ParkingSlots();
    const parking = new Parking(slots);
    const worker = new ParkingSlots(slots.buffer);
    const first = parking.park(10) ?? assert.fail("no slot");
    const second = parking.park(12) ?? assert.fail("no slot");

    assert.equal(worker.take(first), true);
    assert.equal(parking.cancel(10), false, "the worker is answering");
    worker.free(first);
    assert.equal(parking.cancel(10), false, "the worker has answered");

    assert.equal(parking.cancel(12), true);
    assert.equal(worker.isCancelled(second), true);
    assert.equal(worker.take(second), false, "the engine has answered");
    assert.equal(parking.cancel(12), false, "once only");
    assert.equal(parking.cancel(14), false, "never parked");
  });

  it("keep their slot until the worker gives it back, interrupted or not", () => {
    const slots = new ParkingSlots(new SharedArrayBuffer(4 * 2));
    const parking = new Parking(slots);
    const first = parking.park(2) ?? assert.fail("no slot");
    assert.notEqual(parking.park(4), undefined);
    assert.equal(parking.park(6), undefined, "no slot is free");
    assert.equal(parking.cancel(2), true);
    assert.equal(parking.park(6), undefined, "the interrupted job still runs");
    slots.free(first);
    assert.equal(parking.park(6), first);
    assert.equal(parking.cancel(2), false, "the slot is another request's now");
    assert.equal(parking.cancel(6), true);
  });
});
