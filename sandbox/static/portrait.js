// The counter's camera: the picture taken goes into the form's own file field.
const LONGEST = 960;
const part = (id) => document.getElementById(id);
const [live, still, field] = [part("live"), part("still"), part("picture")];

const show = (...ids) => {
  for (const id of ["live", "still", "camera", "shoot", "again"]) part(id).hidden = !ids.includes(id);
  part("view").hidden = !ids.includes("live") && !ids.includes("still");
};

const stop = () => {
  live.srcObject?.getTracks().forEach((track) => track.stop());
  live.srcObject = null;
};

const put = (blob) => {
  const basket = new DataTransfer();
  basket.items.add(new File([blob], "portrait.jpg", { type: "image/jpeg" }));
  field.files = basket.files;
};

const draw = (source, width, height) => {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  still.width = Math.round(width * scale);
  still.height = Math.round(height * scale);
  still.getContext("2d").drawImage(source, 0, 0, still.width, still.height);
  return new Promise((done) => still.toBlob(done, "image/jpeg", 0.9));
};

const open = async () => {
  part("no-camera").hidden = true;
  try {
    live.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 960 }, height: { ideal: 720 } },
    });
    await live.play();
    show("live", "shoot");
    part("shoot").focus();
  } catch {
    stop();
    show("camera");
    part("no-camera").hidden = false;
  }
};

part("camera").addEventListener("click", open);
part("again").addEventListener("click", open);
part("shoot").addEventListener("click", async () => {
  put(await draw(live, live.videoWidth, live.videoHeight));
  stop();
  show("still", "again");
  part("keep").focus();
});
// A chosen picture is made smaller before it is sent, where the browser can read it.
field.addEventListener("change", async () => {
  if (!field.files.length) return;
  stop();
  try {
    const picture = await createImageBitmap(field.files[0]);
    put(await draw(picture, picture.width, picture.height));
    show("still", "camera");
  } catch {
    show("camera");
  }
});
window.addEventListener("pagehide", stop);
if (navigator.mediaDevices?.getUserMedia) show("camera");
