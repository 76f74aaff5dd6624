package main

// traceTexts are those of tram trace.
type traceTexts struct {
	shortTrace, longTrace, flagSince, flagMessages string
	traceNothing, traceRefused, traceMadeFrom      string
	eventQueued, eventDelivered, eventDeferred     string
	eventBounced, eventRejected                    string
}

func englishTrace() traceTexts {
	return traceTexts{
		shortTrace: "Tell the road of a message, station by station",
		longTrace: `Tell what became of a message: how it came in, what every station did with it,
and what other hosts replied, with all that was made from it (copies for the
members of an alias or a list, notifications).

A message is named by its queue id, which stands in its Received field and in
the log. An address, or a domain as in @example.org, shows the last messages
from it and to it, and what was refused. The road is kept for 30 days, or for
log.journal of the configuration.

  tram trace 0e3v2g5k0wz00
  tram trace an@example.org --since 2h`,
		flagSince:     "only the last time, as in 2h or 3d",
		flagMessages:  "at most so many messages, the last ones",
		traceNothing:  "Nothing is known about %s.",
		traceRefused:  "Refused before it was queued",
		traceMadeFrom: "made from %s",

		eventQueued:    "queued",
		eventDelivered: "delivered",
		eventDeferred:  "deferred",
		eventBounced:   "failed",
		eventRejected:  "refused",
	}
}

func vietnameseTrace() traceTexts {
	return traceTexts{
		shortTrace: "Kể đường đi của một thư, từng trạm một",
		longTrace: `Kể lại một thư đã đi qua đâu: thư vào bằng cách nào, mỗi trạm đã làm gì, máy
chủ khác trả lời ra sao, cùng mọi thứ sinh ra từ thư đó (bản sao cho thành
viên của bí danh hay danh sách, thư báo).

Thư được gọi bằng mã hàng đợi, có trong trường Received và trong nhật ký. Một
địa chỉ, hay một miền viết là @example.org, cho thấy những thư gần nhất đi từ
đó và đến đó, và những gì đã bị từ chối. Đường đi được giữ 30 ngày, hoặc theo
log.journal trong cấu hình.

  tram trace 0e3v2g5k0wz00
  tram trace an@example.org --since 2h`,
		flagSince:     "chỉ trong khoảng thời gian gần đây, như 2h hay 3d",
		flagMessages:  "nhiều nhất từng ấy thư, lấy những thư cuối",
		traceNothing:  "Không biết gì về %s.",
		traceRefused:  "Bị từ chối trước khi vào hàng đợi",
		traceMadeFrom: "sinh ra từ %s",

		eventQueued:    "đã nhận",
		eventDelivered: "đã chuyển",
		eventDeferred:  "hoãn lại",
		eventBounced:   "thất bại",
		eventRejected:  "từ chối",
	}
}
