#!/usr/bin/env python3
"""Makes sample.h5, the file that `npm start` shows: a small weather station's June, as h5py and PyTables write it.

usage: make_sample.py [OUTPUT.h5]      (needs h5py, PyTables, NumPy; the same output every time but for PyTables' chunk sizes)

Only the oldest file format is used (superblock 0, version 1 object headers, symbol-table groups, version 1 B-trees): every
HDF5 program reads it.
"""
import os
import sys

import h5py
import numpy as np
import tables

OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "sample.h5")
MINUTES = 30
N = 30 * 24 * 60 // MINUTES  # 1440 observations
START = 1717200000  # 2024-06-01T00:00:00Z
rng = np.random.default_rng(20240601)

QUALITY = h5py.enum_dtype({"GOOD": 0, "SUSPECT": 1, "MISSING": 2}, basetype="i1")


class Wind(tables.IsDescription):
    _v_pos = 4
    speed = tables.Float32Col(pos=0)
    direction = tables.UInt16Col(pos=1)


class Observation(tables.IsDescription):
    time = tables.Int64Col(pos=0)
    temperature = tables.Float64Col(pos=1)
    humidity = tables.UInt8Col(pos=2)
    pressure = tables.Float64Col(pos=3)
    wind = Wind()
    rain = tables.BoolCol(pos=5)
    note = tables.StringCol(8, pos=6)


def weather():
    hours = np.arange(N) * MINUTES / 60
    day = 2 * np.pi * (hours - 9) / 24
    front = np.interp(hours, [0, 200, 260, 420, 480, 720], [0, 0, -6, -4, 2, 3])
    temperature = np.round(16 + 6 * np.sin(day) + front + rng.normal(0, 0.4, N), 1)
    pressure = np.round(1014 + 8 * np.sin(hours / 80) + rng.normal(0, 0.3, N), 1)
    humidity = np.clip(75 - 2.2 * (temperature - 16) + rng.normal(0, 4, N), 20, 100).astype("u1")
    speed = np.round(np.abs(3 + 2 * np.sin(day) + rng.normal(0, 1, N)), 1).astype("f4")
    direction = ((240 + 60 * np.sin(hours / 60) + rng.normal(0, 15, N)) % 360).astype("u2")
    rain = (humidity > 84) & (rng.random(N) < 0.6)
    return temperature, humidity, pressure, speed, direction, rain


def arrays(f, temperature):
    f.attrs["title"] = "Weather station Lindenberg, June 2024"
    f.attrs["latitude"] = 52.21
    f.attrs["longitude"] = 14.12
    f.attrs["sensors"] = np.array([b"PT100", b"HMP155", b"WXT536"])

    level = np.linspace(0, 3000, 61).astype("f4")
    soundings = f.create_group("soundings")
    soundings.attrs["description"] = "radiosonde ascents, one row per day"
    profile = temperature.reshape(30, -1).mean(axis=1)[:, None] - 0.0065 * level + rng.normal(0, 0.2, (30, 61)).cumsum(axis=1) * 0.1
    d = soundings.create_dataset("temperature", data=profile.round(2).astype("f4"), chunks=(10, 61), compression="gzip", shuffle=True)
    d.attrs["units"] = "degC"
    d = soundings.create_dataset("altitude", data=level)
    d.attrs["units"] = "m"
    mask = np.ones((30, 61), bool)
    mask[17, 40:] = False  # the balloon burst early
    soundings.create_dataset("valid", data=mask, chunks=(30, 61), compression="gzip")

    radar = f.create_group("radar")
    y, x = np.mgrid[0:96, 0:128]
    cells = sum(a * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * s * s)) for a, cx, cy, s in [(180, 40, 30, 9), (120, 90, 62, 14), (220, 70, 80, 5)])
    d = radar.create_dataset("reflectivity", data=np.clip(cells + rng.normal(4, 2, cells.shape), 0, 255).astype("u1"),
                             chunks=(48, 64), compression="gzip", compression_opts=9)
    d.attrs["CLASS"] = np.bytes_("IMAGE")
    d.attrs["IMAGE_VERSION"] = np.bytes_("1.2")
    d.attrs["IMAGE_SUBCLASS"] = np.bytes_("IMAGE_GRAYSCALE")
    d.attrs["long_name"] = "rain cells at 2024-06-11T14:30Z"
    series = np.exp(2j * np.pi * np.arange(512) * 0.12) + rng.normal(0, 0.5, (512, 2)) @ [1, 1j]
    d = radar.create_dataset("doppler_spectrum", data=np.fft.fft(series).astype("c8"), chunks=(128,), compression="gzip", shuffle=True, fletcher32=True)
    d.attrs["units"] = "V"


def station(f, temperature):
    g = f["station"]
    d = g.create_dataset("temperature", data=temperature, chunks=(360,), maxshape=(None,), compression="gzip", compression_opts=6, shuffle=True)
    d.attrs["units"] = "degC"
    d.attrs["valid_range"] = np.array([-40.0, 60.0])
    quality = np.where(rng.random(N) < 0.02, 1, 0).astype("i1")
    quality[700:706] = 2
    g.create_dataset("quality", data=quality, dtype=QUALITY, chunks=(1440,), compression="gzip")
    lines = ["2024-06-01 00:00 station started", "2024-06-09 08:10 rain gauge cleaned", "2024-06-11 14:30 thunderstorm, gusts 24 m/s",
             "2024-06-15 14:00 data logger restarted, six values lost", "2024-06-18 12:00 balloon burst at 2000 m", "2024-06-30 23:59 Monat abgeschlossen, alles läuft"]
    g.create_dataset("log", data=lines, dtype=h5py.string_dtype())
    g.create_dataset("name", data="Lindenberg", dtype=h5py.string_dtype())
    g.create_dataset("calibration", data=np.array([[1.0003, -0.02], [0.998, 0.4]]), dtype=">f8")
    f["latest"] = h5py.SoftLink("/station/observations")


def main():
    if os.path.exists(OUT):
        os.remove(OUT)
    temperature, humidity, pressure, speed, direction, rain = weather()
    # h5py makes the file, so that it has the oldest superblock whatever PyTables' library would choose.
    with h5py.File(OUT, "w", libver=("earliest", "v108")) as f:
        arrays(f, temperature)
    with tables.open_file(OUT, "a") as f:
        f.create_group("/", "station", "the instruments on the roof")
        t = f.create_table("/station", "observations", Observation, "one row every 30 minutes", expectedrows=N,
                           filters=tables.Filters(complevel=6, complib="zlib", shuffle=True))
        rows = np.zeros(N, t.dtype)
        rows["time"] = START + 60 * MINUTES * np.arange(N)
        rows["temperature"], rows["humidity"], rows["pressure"], rows["rain"] = temperature, humidity, pressure, rain
        rows["wind"]["speed"], rows["wind"]["direction"] = speed, direction
        rows["note"][482] = b"front"
        rows["note"][rain & (speed > 6)] = b"storm"
        t.append(rows)
        t.attrs.units = "time: s since 1970, temperature: degC, humidity: %, pressure: hPa, wind: m/s and degrees"
    with h5py.File(OUT, "a", libver=("earliest", "v108")) as f:
        station(f, temperature)


main()
