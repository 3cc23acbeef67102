/// SDP offers as browsers and libraries make them, and changes of them.
enum SampleOffers {
    /// Chromium 156: one audio track and a data channel, candidates gathered.
    static let chromium = crlf(
        """
        v=0
        o=- 5508245661897837128 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=extmap-allow-mixed
        a=msid-semantic: WMS
        m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=candidate:3999992270 1 udp 2113937151 bf6dcaf9-9c43-43a0-834a-726d49c45f8b.local 37251 typ host ge\
        neration 0 network-cost 999
        a=candidate:621660206 1 udp 2113942271 720a4c7e-081a-4784-81e0-6bbe6203a64a.local 45504 typ host gen\
        eration 0 network-cost 999
        a=ice-ufrag:nXMG
        a=ice-pwd:yoe6vdJjY1ANJSVODnwVo3Mq
        a=ice-options:trickle
        a=fingerprint:sha-256 78:66:27:C9:F0:6E:75:D9:E5:BC:E9:DC:AC:07:BC:1C:D5:BA:CD:2F:80:DB:D3:8B:32:A4:\
        49:70:5B:88:98:79
        a=setup:actpass
        a=mid:0
        a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
        a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
        a=sendrecv
        a=msid:- 45e91c4d-d518-429a-a3b0-cc3c49f6d46a
        a=rtcp-mux
        a=rtcp-rsize
        a=rtcp-xr:rcvr-rtt=all
        a=rtpmap:111 opus/48000/2
        a=rtcp-fb:111 transport-cc
        a=fmtp:111 minptime=10;useinbandfec=1
        a=rtpmap:63 red/48000/2
        a=fmtp:63 111/111
        a=rtpmap:9 G722/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:13 CN/8000
        a=rtpmap:110 telephone-event/48000
        a=rtpmap:126 telephone-event/8000
        a=ssrc:2169261520 cname:JGlTDXJjO2A4B5ig
        a=ssrc:2169261520 msid:- 45e91c4d-d518-429a-a3b0-cc3c49f6d46a
        m=application 9 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 0.0.0.0
        a=candidate:3999992270 1 udp 2113937151 bf6dcaf9-9c43-43a0-834a-726d49c45f8b.local 37664 typ host ge\
        neration 0 network-cost 999
        a=candidate:621660206 1 udp 2113942271 720a4c7e-081a-4784-81e0-6bbe6203a64a.local 54240 typ host gen\
        eration 0 network-cost 999
        a=ice-ufrag:nXMG
        a=ice-pwd:yoe6vdJjY1ANJSVODnwVo3Mq
        a=ice-options:trickle
        a=fingerprint:sha-256 78:66:27:C9:F0:6E:75:D9:E5:BC:E9:DC:AC:07:BC:1C:D5:BA:CD:2F:80:DB:D3:8B:32:A4:\
        49:70:5B:88:98:79
        a=setup:actpass
        a=mid:1
        a=sctp-port:5000
        a=max-message-size:262144

        """)

    /// aiortc 1.16: the same, with three fingerprints for each medium.
    static let aiortc = crlf(
        """
        v=0
        o=- 4004826204 4004826204 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=msid-semantic:WMS *
        m=audio 36488 UDP/TLS/RTP/SAVPF 96 9 0 8
        c=IN IP4 192.0.2.2
        a=sendrecv
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=mid:0
        a=msid:2e30f20f-4281-46dd-b4eb-e9f13322493c 45de4845-a7fe-40c3-8b3e-b738f96d3d60
        a=rtcp:9 IN IP4 0.0.0.0
        a=rtcp-mux
        a=ssrc:1525505032 cname:ef0c3ceb-7efa-4b96-9593-86b47b0d84f3
        a=rtpmap:96 opus/48000/2
        a=rtpmap:9 G722/8000
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 192.0.2.2 36488 typ host
        a=candidate:d0bcf3d9c29a2bc887618212a1623bfa 1 udp 2130706431 fd00::2 56236 typ host
        a=end-of-candidates
        a=ice-ufrag:awY4
        a=ice-pwd:cnBqsW5g3S6cHR1Z0zIoqS
        a=fingerprint:sha-256 7F:4C:22:0F:39:61:97:D1:5F:76:B0:08:EB:0C:15:0B:E3:96:36:FA:1C:8A:97:08:07:CB:\
        BF:BE:21:8C:C9:88
        a=fingerprint:sha-384 B8:A3:DE:AC:9E:CA:FD:D4:E0:5F:C1:0F:68:98:A1:2F:83:E4:AB:BC:FF:9D:DC:83:44:86:\
        04:AF:51:3E:0C:9B:3F:7D:D6:DC:51:15:7D:29:03:B6:E3:14:52:42:34:71
        a=fingerprint:sha-512 41:45:FB:06:76:79:26:34:65:7B:E8:52:DA:DE:23:D4:E9:8B:D3:68:7B:68:CB:4C:B8:32:\
        DA:9A:45:1A:76:F0:F0:89:0A:77:E0:F5:4A:31:B1:3A:CC:3C:07:18:E8:F9:FF:71:5D:FD:82:5E:52:76:2D:2C:EE:1\
        7:B8:16:4D:8F
        a=setup:actpass
        m=application 58351 UDP/DTLS/SCTP webrtc-datachannel
        c=IN IP4 192.0.2.2
        a=mid:1
        a=sctp-port:5000
        a=max-message-size:262144
        a=candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 192.0.2.2 58351 typ host
        a=candidate:d0bcf3d9c29a2bc887618212a1623bfa 1 udp 2130706431 fd00::2 57893 typ host
        a=end-of-candidates
        a=ice-ufrag:awY4
        a=ice-pwd:cnBqsW5g3S6cHR1Z0zIoqS
        a=fingerprint:sha-256 7F:4C:22:0F:39:61:97:D1:5F:76:B0:08:EB:0C:15:0B:E3:96:36:FA:1C:8A:97:08:07:CB:\
        BF:BE:21:8C:C9:88
        a=fingerprint:sha-384 B8:A3:DE:AC:9E:CA:FD:D4:E0:5F:C1:0F:68:98:A1:2F:83:E4:AB:BC:FF:9D:DC:83:44:86:\
        04:AF:51:3E:0C:9B:3F:7D:D6:DC:51:15:7D:29:03:B6:E3:14:52:42:34:71
        a=fingerprint:sha-512 41:45:FB:06:76:79:26:34:65:7B:E8:52:DA:DE:23:D4:E9:8B:D3:68:7B:68:CB:4C:B8:32:\
        DA:9A:45:1A:76:F0:F0:89:0A:77:E0:F5:4A:31:B1:3A:CC:3C:07:18:E8:F9:FF:71:5D:FD:82:5E:52:76:2D:2C:EE:1\
        7:B8:16:4D:8F
        a=setup:actpass

        """)

    /// The shortest offer that passes.
    static let shortest = crlf(
        """
        v=0
        m=audio 9 UDP/TLS/RTP/SAVPF 111
        a=fingerprint:sha-256 78:66

        """)

    private static func crlf(_ text: String) -> String {
        text.replacing("\n", with: "\r\n")
    }
}
