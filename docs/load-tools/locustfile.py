"""Requests thumbnails of prepared photos from `double-exposure serve` under Locust.

The master, or the only process, creates the people and albums, uploads the photos, and sends the
tokens to the workers. Each worker keeps its images and one file of records, which
`double-exposure audit judge` reads.

Environment:
  PREPARED                       folder that `double-exposure audit prepare` wrote
  ANSWERS                        folder for images and records [default: answers in PREPARED]
  STEPS                          users of each step of the load [default: 8,32]
  STEP_SECONDS                   seconds of each step [default: 20]
  DOUBLE_EXPOSURE_OPERATOR_KEY   the service's operator key
"""

import json
import os
import random
import socket
import time
import uuid
from pathlib import Path

import requests
from locust import FastHttpUser, LoadTestShape, constant, events, task
from locust.runners import MasterRunner, WorkerRunner

PREPARED = Path(os.environ["PREPARED"])
ANSWERS = Path(os.environ.get("ANSWERS", PREPARED / "answers"))
STEPS = [int(users) for users in os.environ.get("STEPS", "8,32").split(",")]
STEP_SECONDS = float(os.environ.get("STEP_SECONDS", "20"))
MANIFEST = json.loads((PREPARED / "manifest.json").read_text())
PHOTOS = [photo for photo in MANIFEST["photos"] if not photo["truncated"]]
MEMBERS = {person["number"]: person["members"] for person in MANIFEST["people"]}

# Tokens and albums by person, and the number of users of the current step.
session = {}
current = {"step": STEPS[0]}


def set_up(base):
    """Creates people and albums, uploads the photos, and returns tokens and albums by person."""

    def send(method, path, token, **more):
        headers = {"authorization": f"Bearer {token}"}
        response = requests.request(method, base + path, headers=headers, timeout=30, **more)
        response.raise_for_status()
        return response

    operator = os.environ["DOUBLE_EXPOSURE_OPERATOR_KEY"]
    people = {}
    for person in MANIFEST["people"]:
        created = send("POST", "/people", operator, json={"name": person["name"]}).json()
        album = send("POST", "/albums", created["token"], json={"title": person["name"]}).json()
        people[person["number"]] = {**created, "album": album["album"]}
    for owner, members in MEMBERS.items():
        for member in members:
            path = f"/albums/{people[owner]['album']}/members/{people[member]['person']}"
            send("PUT", path, people[owner]["token"])
    for photo in PHOTOS:
        owner = people[photo["owner"]]
        for version in photo["versions"]:
            file = (PREPARED / version["file"]).read_bytes()
            path = f"/albums/{owner['album']}/photos/{photo['uuid']}"
            send("PUT", path, owner["token"], data=file)
    # A message between master and workers has text for keys.
    return {str(number): person for number, person in people.items()}


@events.init.add_listener
def on_init(environment, **_):
    def on_session(msg, **_):
        session.update(msg.data)

    def on_step(msg, **_):
        current.update(msg.data)

    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("session", on_session)
        environment.runner.register_message("step", on_step)


@events.test_start.add_listener
def on_test_start(environment, **_):
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        return
    session.update(set_up(environment.host))
    if isinstance(runner, MasterRunner):
        # Workers get this before they are told to start users.
        runner.send_message("session", session)


class Steps(LoadTestShape):
    """Runs each number of users for the same time, and tells the workers which step it is."""

    def tick(self):
        index = int(self.get_run_time() / STEP_SECONDS)
        if index >= len(STEPS):
            return None
        users = STEPS[index]
        if users != current["step"]:
            current["step"] = users
            if isinstance(self.runner, MasterRunner):
                self.runner.send_message("step", current)
        return users, users


class Recorder:
    """Writes one line for each request, and one file for each image."""

    def __init__(self):
        self.machine = f"{socket.gethostname()}-{uuid.uuid4().hex[:8]}"
        self.images = ANSWERS / self.machine
        self.images.mkdir(parents=True)
        self.lines = (ANSWERS / f"{self.machine}.jsonl").open("w")
        self.count = 0

    def record(self, body, **record):
        self.count += 1
        if body:
            file = f"{self.machine}/{self.count}.jpg"
            (ANSWERS / file).write_bytes(body)
            record["file"] = file
        self.lines.write(json.dumps({**record, "machine": self.machine}) + "\n")
        self.lines.flush()


recorder = None


class Viewer(FastHttpUser):
    """Requests one thumbnail after the other, as the owner or as a member."""

    wait_time = constant(0)

    def on_start(self):
        global recorder
        recorder = recorder or Recorder()

    @task
    def thumbnail(self):
        photo = random.choice(PHOTOS)
        viewer = random.choice([photo["owner"], *MEMBERS[photo["owner"]]])
        size = random.choice(MANIFEST["sizes"])
        album = session[str(photo["owner"])]["album"]
        path = f"/albums/{album}/photos/{photo['uuid']}/thumbnail?size={size}&fit={MANIFEST['fit']}"
        headers = {"authorization": f"Bearer {session[str(viewer)]['token']}"}
        record = {"photo": photo["name"], "size": size, "viewer": viewer, "step": current["step"]}
        record["sent"] = time.time()
        response = self.client.get(path, headers=headers, name="thumbnail")
        record["done"] = time.time()
        if response.status_code == 0:
            recorder.record(None, error=str(response.error), **record)
        else:
            record["headers"] = dict(response.headers.items())
            recorder.record(response.content, status=response.status_code, **record)
